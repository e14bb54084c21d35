//! A build of usual size: 20 properties, 10 steps, a log each.

use serde_json::Value;
use serde_json::json;

const PROPERTIES: usize = 20;
const STEPS: usize = 10;

/// The calls that tell of one, from its request to its end.
pub(crate) fn finished_build(builder: i64, results: i64) -> Value {
    let build = json!({"$result": [1, "buildid"]});
    let request = json!({"$result": [0, "brids", builder]});
    let property = |number: usize| (format!("property_{number}"), json!([format!("value of {number}"), "Build"]));
    let properties: serde_json::Map<String, Value> = (0..PROPERTIES).map(property).collect();
    let mut calls = vec![
        json!({"method": "addBuildset", "params": {"waited_for": false, "builderids": [builder], "reason": "a bench", "scheduler": "benches",
            "sourcestamps": [{"branch": "main", "revision": "abc123", "repository": "https://example.org/r.git",
                "project": "belfry", "codebase": ""}]}}),
        json!({"method": "addBuild", "params": {"builderid": builder, "buildrequestid": request}}),
        json!({"method": "setBuildProperties", "params": {"buildid": build, "properties": properties}}),
        json!({"method": "generateNewBuildEvent", "params": {"buildid": build}}),
    ];
    for number in 0..STEPS {
        let step = json!({"$result": [calls.len(), "stepid"]});
        let log = json!({"$result": calls.len() + 2});
        let results = if number + 1 == STEPS { results } else { 0 };
        calls.extend([
            json!({"method": "addStep", "params": {"buildid": build, "name": format!("step number {number}")}}),
            json!({"method": "startStep", "params": {"stepid": step}}),
            json!({"method": "addLog", "params": {"stepid": step, "name": "stdio", "type": "s"}}),
            json!({"method": "appendLog", "params": {"logid": log, "content": "hmake\nook\n"}}),
            json!({"method": "finishLog", "params": {"logid": log}}),
            json!({"method": "setStepStateString", "params": {"stepid": step, "state_string": "make all finished"}}),
            json!({"method": "finishStep", "params": {"stepid": step, "results": results, "hidden": false}}),
        ]);
    }
    calls.extend([
        json!({"method": "setBuildStateString", "params": {"buildid": build, "state_string": "failed step number 9"}}),
        json!({"method": "finishBuild", "params": {"buildid": build, "results": results}}),
        json!({"method": "completeBuildRequests", "params": {"brids": [request], "results": results}}),
    ]);
    Value::Array(calls)
}
