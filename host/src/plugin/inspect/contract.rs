//! What this host speaks: the interfaces and functions of `campanile:reporter`, and the WASI that it fakes.
//!
//! The tables repeat what `wit/` says, because the bindings only say it in generated code. A test compares them.

use crate::plugin::inspect::Interface;
use crate::plugin::inspect::Misfit;
use crate::plugin::load::Kind;

const PACKAGE: &str = "campanile:reporter";
/// Its first two numbers must be a plugin's; the third may differ where all that the plugin needs exists.
const VERSION: [u64; 3] = [0, 1, 0];

/// Interfaces that all worlds import, with their functions.
const IMPORTS: &[(&str, &[&str])] =
    &[("types", &[]), ("effects", &[]), ("events", &[]), ("messages", &[]), ("hooks", &[]), ("log", &["write"])];
/// What reads the data API: everybody's but a change hook's, which is told by strangers what to do.
const DATA_IMPORTS: &[(&str, &[&str])] = &[("data", &["build", "buildset", "lines", "get"])];
/// Interfaces that only reporters import.
const REPORTER_IMPORTS: &[(&str, &[&str])] = &[
    ("state", &["get", "keys"]),
    ("helpers", &["context", "object", "format", "review", "addresses", "previous-build"]),
];

/// The exports that make a plugin what it is: an interface, and its functions.
const EXPORTS: [(Kind, &str, &[&str]); 6] = [
    (Kind::Reporter, "reporting", &["subscribe", "handle"]),
    (Kind::MessageFormatter, "formatting", &["format"]),
    (Kind::ReviewCallbacks, "reviewing", &["review"]),
    (Kind::AddressLookup, "addressing", &["addresses"]),
    (Kind::PreviousBuild, "preceding", &["previous-build"]),
    (Kind::ChangeHook, "hooking", &["check", "changes"]),
];

/// WASI 0.2, package by package, as wasmtime-wasi serves it.
const WASI: &[&str] = &["cli", "clocks", "filesystem", "io", "random", "sockets"];

pub(super) fn check_version(name: &str) -> Result<(), Misfit> {
    let Some((_, version)) = ours(name) else { return Ok(()) };
    if version.is_some_and(|version| version[..2] == VERSION[..2]) {
        return Ok(());
    }
    let (_, wanted) = name.split_once('@').unwrap_or((name, "?"));
    let newer = version.is_some_and(|version| version > VERSION);
    let remedy = if newer { "update this host, or build the plugin with an older SDK" } else { "build it anew" };
    Err(Misfit::new(format!("it wants {PACKAGE}@{wanted}, this host speaks {}", spoken()), remedy))
}

pub(super) fn kind(exports: &[Interface]) -> Result<Kind, Misfit> {
    let exported = |wanted: &str| exports.iter().find(|export| ours(&export.name).is_some_and(|(i, _)| i == wanted));
    let described = exported("plugin").is_some_and(|plugin| has_all(plugin, &["describe"]));
    let made: Vec<_> = EXPORTS.iter().filter_map(|export| Some((export, exported(export.1)?))).collect();
    match made[..] {
        [((kind, _, functions), export)] if described && has_all(export, functions) => Ok(*kind),
        [_] => Err(incomplete()),
        [((one, ..), _), ((other, ..), _), ..] => {
            let reason = format!("it is {} and {} at once", one.noun(), other.noun());
            Err(Misfit::new(reason, "make two plugins of it"))
        }
        [] => {
            let reason = format!("it is a component, but exports nothing of {PACKAGE}");
            Err(Misfit::new(reason, format!("build it for the world {}", worlds())))
        }
    }
}

pub(super) fn check_imports(kind: Kind, imports: &[Interface]) -> Result<(), Misfit> {
    let missing: Vec<String> = imports.iter().flat_map(|import| missing(kind, import)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let reason = format!("it imports what this host does not give: {}", missing.join(", "));
    let ours_missing = missing.iter().any(|name| name.starts_with(PACKAGE));
    let http = missing.iter().any(|name| name.starts_with("wasi:http"));
    let remedy = if ours_missing {
        "update this host, or build the plugin with an older SDK".to_owned()
    } else if http {
        "a plugin reaches no network: return the request as an effect, and import no `wasi:http`".to_owned()
    } else {
        format!("build it for the world `{}` of {PACKAGE}@{}, without other imports", kind.world(), spoken())
    };
    Err(Misfit::new(reason, remedy))
}

/// What of an import is not there: the interface, or functions of it.
fn missing(kind: Kind, import: &Interface) -> Vec<String> {
    let Some((interface, _)) = ours(&import.name) else {
        return if is_wasi(&import.name) { Vec::new() } else { vec![import.name.clone()] };
    };
    let (data, reporters) = match kind {
        Kind::Reporter => (DATA_IMPORTS, REPORTER_IMPORTS),
        Kind::MessageFormatter | Kind::ReviewCallbacks | Kind::AddressLookup | Kind::PreviousBuild => {
            (DATA_IMPORTS, [].as_slice())
        }
        Kind::ChangeHook => ([].as_slice(), [].as_slice()),
    };
    let Some((_, given)) = IMPORTS.iter().chain(data).chain(reporters).find(|(name, _)| *name == interface) else {
        return vec![import.name.clone()];
    };
    let lacking = import.functions.iter().filter(|function| !given.contains(&function.as_str()));
    lacking.map(|function| format!("{} ({function})", import.name)).collect()
}

fn is_wasi(name: &str) -> bool {
    let package = name.strip_prefix("wasi:").and_then(|rest| rest.split_once('/'));
    package.is_some_and(|(package, rest)| WASI.contains(&package) && rest.contains("@0.2."))
}

fn has_all(export: &Interface, functions: &[&str]) -> bool {
    functions.iter().all(|function| export.functions.iter().any(|exported| exported == function))
}

fn incomplete() -> Misfit {
    Misfit::new(
        format!("it lacks functions that its world exports in {PACKAGE}@{}", spoken()),
        format!("build it for the world {}", worlds()),
    )
}

fn worlds() -> String {
    Kind::ALL.map(|kind| format!("`{}`", kind.world())).join(" or ")
}

/// Interface and version of a name of our package; no version if it is none that we would publish.
fn ours(name: &str) -> Option<(&str, Option<[u64; 3]>)> {
    let rest = name.strip_prefix(PACKAGE)?.strip_prefix('/')?;
    let (interface, version) = rest.split_once('@').unwrap_or((rest, ""));
    let numbers: Option<Vec<u64>> = version.split('.').map(|number| number.parse().ok()).collect();
    Some((interface, numbers.and_then(|numbers| numbers.try_into().ok())))
}

fn spoken() -> String {
    VERSION.map(|number| number.to_string()).join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;

    #[test]
    fn the_tables_are_what_wit_says() {
        let wit = functions_of_wit();
        let tables = IMPORTS.iter().chain(DATA_IMPORTS).chain(REPORTER_IMPORTS).copied();
        let exports = EXPORTS.map(|(_, interface, functions)| (interface, functions));
        for (interface, functions) in tables.chain(exports) {
            let mut expected = functions.to_vec();
            expected.sort_unstable();
            assert_eq!(wit[interface], expected, "{interface}");
        }
    }

    /// `name: func(` by interface, in any file of `wit/`.
    fn functions_of_wit() -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit")).expect("the contract is there") {
            let text = fs::read_to_string(file.expect("an entry").path()).expect("a text");
            let mut interface = String::new();
            for line in text.lines() {
                if let Some(name) = line.strip_prefix("interface ") {
                    interface = name.trim_end_matches(" {").to_owned();
                    found.entry(interface.clone()).or_default();
                }
                if let Some((name, _)) = line.trim().split_once(": func(") {
                    found.entry(interface.clone()).or_default().push(name.to_owned());
                }
            }
        }
        found.values_mut().for_each(|functions| functions.sort());
        found
    }
}
