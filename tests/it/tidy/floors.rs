//! The floors of the host: imports point down, and neighbours on one floor do not know each other.

use super::Offence;
use super::obeyed;
use super::rust;
use super::source::Source;

/// `cli` stands on `app`: it serves and shows what `app` wires together. `lib.rs` and `main.rs` stand above all.
const FLOORS: [(&str, u8); 13] = [
    ("cli", 8),
    ("app", 7),
    ("api", 6),
    ("console", 6),
    ("dispatch", 6),
    ("plugin", 5),
    ("data", 4),
    ("bus", 4),
    ("transport", 4),
    ("store", 3),
    ("config", 2),
    ("model", 1),
    ("lib", 9),
];

#[test]
fn imports_point_down() {
    let mut offences = Vec::new();
    for source in rust().into_iter().filter(|source| source.is_in(&["host/src/"])).map(Source::without_tests) {
        let part = part_of(&source.path);
        for (index, line) in source.code.lines().enumerate() {
            let wrong = imported(line).filter_map(|other| breaks(part, other));
            offences.extend(wrong.map(|what| Offence { file: source.path.clone(), line: index + 1, what }));
        }
    }
    obeyed("imports point down the floors, and neighbours do not know each other (ARCHITECTURE.md)", offences);
}

#[test]
fn the_root_is_reached_by_crate_and_not_by_super() {
    let mut offences = Vec::new();
    for source in rust().into_iter().filter(|source| source.is_in(&["host/src/"])).map(Source::without_tests) {
        let climb = "super::".repeat(depth(&source.path));
        for (index, line) in source.code.lines().enumerate() {
            if line.contains(&climb) {
                let what = format!("`{climb}` leaves the module");
                offences.push(Offence { file: source.path.clone(), line: index + 1, what });
            }
        }
    }
    obeyed("what is outside a module is written `crate::…`, so that its floor can be read", offences);
}

/// The part of the host that a file belongs to: `store` for `host/src/store/rows.rs`, `lib` for the root.
fn part_of(path: &str) -> &str {
    let inside = path.trim_start_matches("host/src/").trim_end_matches(".rs");
    match inside.split('/').next() {
        Some("main") | None => "lib",
        Some(part) => part,
    }
}

/// How many modules a file is deep: 1 for `store/mod.rs` and `bus.rs`, 2 for `store/rows.rs`.
fn depth(path: &str) -> usize {
    let inside = path.trim_start_matches("host/src/").trim_end_matches("/mod.rs");
    // The root itself has nothing above it.
    if matches!(inside, "lib.rs" | "main.rs") { usize::from(u8::MAX) } else { inside.split('/').count() }
}

/// The parts that a line names by `crate::`.
fn imported(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

fn breaks(part: &str, other: &str) -> Option<String> {
    if part == other {
        return None;
    }
    let Some(from) = floor(part) else { return Some(format!("`{part}` has no floor; give it one in tidy/floors.rs")) };
    // A name without a floor is an item of the root, such as a macro; only the root may use it.
    let Some(to) = floor(other) else { return (part != "lib").then(|| format!("`{part}` ({from}) knows the root")) };
    (to >= from).then(|| format!("`{part}` (floor {from}) knows `{other}` (floor {to})"))
}

fn floor(part: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == part).map(|(_, floor)| *floor)
}

#[test]
fn the_rule_sees_what_it_shall_see() {
    assert!(breaks("store", "data").is_some() && breaks("data", "bus").is_some());
    assert!(breaks("data", "store").is_none() && breaks("data", "data").is_none());
    assert_eq!(imported("use crate::model::Build; fn f(_: crate::store::Tx)").collect::<Vec<_>>(), ["model", "store"]);
    assert_eq!((part_of("host/src/bus.rs"), part_of("host/src/store/rows.rs")), ("bus", "store"));
    assert_eq!((depth("host/src/bus.rs"), depth("host/src/store/mod.rs"), depth("host/src/store/rows.rs")), (1, 1, 2));
}
