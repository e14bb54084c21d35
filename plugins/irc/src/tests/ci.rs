//! A CI system with two builders, as the data API shows it.

use campanile_sdk::testing::Given;
use serde_json::Value;
use serde_json::json;

use super::with;

const FIELDS: &str = "field=builderid&field=name&field=tags";

/// `linux` has a connected worker and a build that failed ten minutes ago; `mac` has neither.
pub(super) fn idle(more: Value) -> Given {
    let linux = json!({"builderid": 80, "name": "linux", "tags": ["fast"]});
    let mac = json!({"builderid": 81, "name": "mac", "tags": []});
    let workers = json!([
        {"name": "w-1", "connected_to": [{"masterid": 1}], "configured_on": [{"masterid": 1, "builderid": 80}]},
        {"name": "w-2", "connected_to": [], "configured_on": [{"masterid": 1, "builderid": 81}]},
        {"name": "w-3", "connected_to": [], "configured_on": []},
    ]);
    let named = |name: &str| format!("builders?{FIELDS}&name={name}&limit=1");
    let workers_path = "workers?field=name&field=connected_to&field=configured_on&order=name&limit=1000";
    Given::settings(with(more))
        .answers(&format!("builders?{FIELDS}&order=name&limit=1000"), json!({"builders": [linux, mac]}))
        .answers(&named("linux"), json!({"builders": [linux]}))
        .answers(&named("mac"), json!({"builders": [mac]}))
        .answers(workers_path, json!({"workers": workers}))
        .answers(
            "builders/80/builds?complete=true&order=-number&limit=1",
            json!({"builds": [build(7, 3, Some(2), "failed compile")]}),
        )
}

/// The same, where build 22 of `linux` runs, which is its 4th.
pub(super) fn busy(more: Value) -> Given {
    let build = build(22, 4, None, "building");
    idle(more).answers("builders/80/builds?complete=false&order=number&limit=20", json!({"builds": [build]})).answers(
        "builds/22/steps?complete=false&order=number&limit=1",
        json!({"steps": [{"state_string": "compiling"}]}),
    )
}

pub(super) fn build(id: u64, number: u32, results: Option<u64>, state: &str) -> Value {
    let complete_at = results.map(|_| 1_767_330_000 - 600);
    json!({"buildid": id, "builderid": 80, "number": number, "results": results, "state_string": state,
        "complete_at": complete_at})
}
