//! Answers about many things are short all the same.

use serde_json::Value;
use serde_json::json;

use super::Bot;
use super::ci;

/// A CI system with so many builders and workers, all online, whose names have so many more characters.
fn large(count: u32, more: usize) -> Bot {
    let name = |id: u32| format!("b{id}{}", "x".repeat(more));
    let builders: Vec<Value> = (0..count).map(|id| json!({"builderid": id, "name": name(id), "tags": []})).collect();
    let on: Vec<Value> = (0..count).map(|id| json!({"masterid": 1, "builderid": id})).collect();
    let worker = |id| json!({"name": name(id), "connected_to": [{"masterid": 1}], "configured_on": on[..1]});
    let mut workers: Vec<Value> = (0..count).map(worker).collect();
    workers[0]["configured_on"] = json!(on);
    let given = ci::idle(json!({}))
        .answers("builders?field=builderid&field=name&field=tags&order=name&limit=1000", json!({"builders": builders}))
        .answers(
            "workers?field=name&field=connected_to&field=configured_on&order=name&limit=1000",
            json!({"workers": workers}),
        );
    Bot::of(given)
}

#[test]
fn many_builders_are_not_all_told_of() {
    for asked in ["status", "status all", "last", "last all"] {
        let answer = large(100, 0).told(asked).remove(0);
        assert_eq!(answer.lines().count(), 30, "{asked}: {answer}");
        let end = "\n... and 71 more: ask for them by name, or see https://ci.example/";
        assert!(answer.ends_with(end), "{asked}: {answer}");
    }
    let exact = large(29, 0).told("status all").remove(0);
    assert!(exact.lines().count() == 29 && !exact.contains("more"), "{exact}");
    let broad = large(29, 500).told("status all").remove(0);
    assert_eq!(broad.lines().count(), 15, "each takes two lines of the network: {broad}");
    assert!(broad.contains("\n... and 15 more: "), "{broad}");
}

#[test]
fn many_names_are_not_all_said() {
    for asked in ["list builders", "list all workers"] {
        let answer = large(1_000, 20).told(asked).remove(0);
        assert!(answer.len() < 12_000, "{asked}: {} bytes", answer.len());
        let end = answer.lines().nth(1).expect("an end");
        assert!(end.starts_with("... and ") && end.ends_with(" more: see https://ci.example/"), "{asked}: {end}");
    }
}

#[test]
fn many_changes_are_not_all_listed() {
    let change = json!({"author": "Ann", "comments": "Fix it", "when_timestamp": 1_767_323_045});
    for (asked, count, lines, more) in [("list changes", 10, 26, 6), ("list all changes", 100, 29, 96)] {
        let changes = json!({"changes": vec![change.clone(); count]});
        let path = format!("changes?order=-changeid&limit={count}");
        let answer = Bot::of(ci::idle(json!({})).answers(&path, changes)).told(asked).remove(0);
        assert_eq!(answer.lines().count(), lines, "{asked}: {answer}");
        assert!(answer.ends_with(&format!("\n... and {more} more: see https://ci.example/")), "{answer}");
    }
}
