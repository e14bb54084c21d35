//! Everything outside has one owner: a library is named where its owner lives and nowhere else.

use super::each_line;
use super::obeyed;
use super::rust;
use super::source::Source;
use super::source::has_word;

/// A word, and the places in the host that may say it.
const OWNED: [(&str, &[&str]); 8] = [
    ("wasmtime", &["host/src/plugin/"]),
    ("wasmtime_wasi", &["host/src/plugin/"]),
    ("rusqlite", &["host/src/store/"]),
    ("lettre", &["host/src/transport/"]),
    // The command line is a client of the server.
    ("reqwest", &["host/src/transport/", "host/src/cli/"]),
    // The router is made by `api` and served by `app`.
    ("axum", &["host/src/api/", "host/src/console/", "host/src/app/"]),
    ("StatusCode", &["host/src/api/", "host/src/transport/http"]),
    ("campanile_sinks", &["host/src/cli/demo/"]),
];

/// Where bindings are expanded from `wit/`.
const BINDINGS: [&str; 2] = ["host/src/plugin/bindings.rs", "sdk/src/bindings.rs"];

#[test]
fn each_outside_thing_has_one_owner() {
    let host: Vec<_> = rust().into_iter().filter(|s| s.is_in(&["host/src/"])).map(Source::without_tests).collect();
    let offences = each_line(&host, |source, line| {
        let (word, places) = OWNED.iter().find(|(word, places)| has_word(line, word) && !source.is_in(places))?;
        Some(format!("`{word}` belongs to {}", places.join(", ")))
    });
    obeyed(
        "SQL only in store, WebAssembly only in plugin, protocols only in transport, HTTP serving only in api",
        offences,
    );
}

#[test]
fn bindings_are_expanded_in_two_places() {
    let expands = |line: &str| ["bindgen!", "generate!"].iter().any(|name| has_word(line, name));
    let sources: Vec<_> = rust().into_iter().filter(|source| !source.is_in(&["tests/components/"])).collect();
    let offences = each_line(&sources, |source, line| {
        (expands(line) && !BINDINGS.contains(&source.path.as_str())).then(|| "expands bindings".to_owned())
    });
    obeyed(&format!("bindings are expanded in {} only", BINDINGS.join(" and ")), offences);
    for place in BINDINGS {
        let found = sources.iter().any(|source| source.path == place && source.code.lines().any(expands));
        assert!(found, "{place} expands no bindings: is the list in tidy/places.rs still true?");
    }
}
