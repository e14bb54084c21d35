//! The life of a build: every event in Buildbot's order, each as the resource looked at that moment.

use super::Log;
use super::Told;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// The calls in order; what is named in `{"$saved": …}` was the result of the call that says so.
fn calls() -> Vec<(&'static str, Value, &'static str)> {
    let (build, step) = (json!({"$saved": ["build", "buildid"]}), json!({"$saved": ["step", "stepid"]}));
    let (log, brids) = (json!({"$saved": ["log"]}), json!([{"$saved": ["set", "brids", "1"]}]));
    let stamp = json!({"branch": "b", "revision": "r", "project": "p", "repository": "rr", "codebase": ""});
    vec![
        ("findBuilderId", json!({"name": "linux"}), "builder"),
        ("findWorkerId", json!({"name": "worker-1"}), "worker"),
        (
            "addBuildset",
            json!({"waited_for": false, "scheduler": "s", "reason": "x", "builderids": [1], "sourcestamps": [stamp]}),
            "set",
        ),
        ("claimBuildRequests", json!({"brids": brids}), ""),
        (
            "addBuild",
            json!({"builderid": 1, "buildrequestid": {"$saved": ["set", "brids", "1"]}, "workerid": {"$saved": ["worker"]}}),
            "build",
        ),
        ("setBuildProperties", json!({"buildid": build, "props": {"branch": ["b", "Build"]}}), ""),
        ("setBuildStateString", json!({"buildid": build, "state_string": "starting"}), ""),
        ("generateNewBuildEvent", json!({"buildid": build}), ""),
        ("addStep", json!({"buildid": build, "name": "comp"}), "step"),
        ("startStep", json!({"stepid": step, "locks_acquired": true}), ""),
        ("setStepStateString", json!({"stepid": step, "state_string": "compiling"}), ""),
        ("addStepURL", json!({"stepid": step, "name": "u", "url": "https://example.org/"}), ""),
        ("addLog", json!({"stepid": step, "name": "stdio", "type": "s"}), "log"),
        ("appendLog", json!({"logid": log, "content": "hhello\n"}), ""),
        ("finishLog", json!({"logid": log}), ""),
        ("finishStep", json!({"stepid": step, "results": 0, "hidden": false}), ""),
        ("finishBuild", json!({"buildid": build, "results": 0}), ""),
        ("completeBuildRequests", json!({"brids": brids, "results": 0}), ""),
    ]
}

/// What Buildbot was seen to tell, one event a line.
const EXPECTED: [&str; 17] = [
    "buildsets/1/builders/1/buildrequests/1/new buildrequests/1/new builders/1/buildrequests/1/new",
    "buildsets/1/new",
    "buildsets/1/builders/1/buildrequests/1/claimed buildrequests/1/claimed builders/1/buildrequests/1/claimed",
    "builds/1/properties/update",
    "builders/1/builds/1/update builds/1/update workers/1/builds/1/update",
    "builders/1/builds/1/new builds/1/new workers/1/builds/1/new",
    "builds/1/steps/1/new steps/1/new",
    "builds/1/steps/1/started steps/1/started",
    "builds/1/steps/1/updated steps/1/updated",
    "builds/1/steps/1/updated steps/1/updated",
    "logs/1/new steps/1/logs/stdio/new",
    "logs/1/append steps/1/logs/stdio/append",
    "logs/1/finished steps/1/logs/stdio/finished",
    "builds/1/steps/1/finished steps/1/finished",
    "builders/1/builds/1/finished builds/1/finished workers/1/builds/1/finished",
    "buildsets/1/builders/1/buildrequests/1/complete buildrequests/1/complete builders/1/buildrequests/1/complete",
    "buildsets/1/complete",
];

fn saved(value: &Value, results: &Map<String, Value>) -> Value {
    match value {
        Value::Object(map) => match map.get("$saved") {
            Some(Value::Array(path)) => {
                path.iter().fold(Value::Object(results.clone()), |at, part| at[part.as_str().expect("a name")].clone())
            }
            _ => map.iter().map(|(key, value)| (key.clone(), saved(value, results))).collect(),
        },
        Value::Array(list) => list.iter().map(|value| saved(value, results)).collect(),
        plain => plain.clone(),
    }
}

/// Each event's body is what `GET` answers right after the call; `new` of a buildset differs as Buildbot's does.
async fn as_it_is(host: &TestHost, told: &Told) {
    let topic = told.topics.iter().min_by_key(|topic| topic.split('/').count()).expect("a topic");
    let (path, what) = topic.rsplit_once('/').expect("a path and what happened");
    let answer = host.get(path).await;
    let kind = path.split('/').next().expect("a kind");
    if kind == "builds" && path.ends_with("properties") {
        assert_eq!(answer["properties"][0], told.body, "{topic}");
        return;
    }
    let mut resource = answer[kind][0].clone();
    if (kind, what) == ("buildsets", "new") {
        let fields = resource.as_object_mut().expect("an object");
        fields.remove("parent_relationship");
        fields.insert("scheduler".to_owned(), json!("s"));
        assert_eq!(fields.insert("results".to_owned(), Value::Null), Some(json!(-1)));
    }
    assert_eq!(resource, told.body, "{topic}");
}

#[tokio::test]
async fn its_events_come_in_buildbots_order_and_say_what_is() {
    let host = Setup::default().start().await;
    let (mut log, mut results, mut lines) = (Log::of(&host), Map::new(), Vec::new());
    for (method, params, name) in calls() {
        let result = host.update(method, saved(&params, &results)).await;
        results.insert(name.to_owned(), result);
        for told in log.news() {
            as_it_is(&host, &told).await;
            lines.push(told.topics.join(" "));
        }
    }
    assert_eq!(lines, EXPECTED);
}

#[tokio::test]
async fn a_batch_tells_the_same() {
    let host = Setup::default().start().await;
    let names: Vec<&str> = calls().iter().map(|(_, _, name)| *name).collect();
    let as_result = |name: &Value| names.iter().position(|known| Some(*known) == name.as_str()).expect("a call");
    fn referring(value: Value, as_result: &dyn Fn(&Value) -> usize) -> Value {
        match value {
            Value::Object(map) => match map.get("$saved").and_then(Value::as_array) {
                Some(path) => {
                    let path: Vec<Value> =
                        [json!(as_result(&path[0]))].into_iter().chain(path[1..].iter().cloned()).collect();
                    json!({"$result": path})
                }
                None => map.into_iter().map(|(key, value)| (key, referring(value, as_result))).collect(),
            },
            Value::Array(list) => list.into_iter().map(|value| referring(value, as_result)).collect(),
            plain => plain,
        }
    }
    let batch = calls()
        .into_iter()
        .map(|(method, params, _)| json!({"method": method, "params": referring(params, &as_result)}));
    let mut log = Log::of(&host);
    let (status, body) = host.post("updates", &batch.collect()).await;
    assert!(status.is_success(), "{body}");
    let lines: Vec<String> = log.news().iter().map(|told| told.topics.join(" ")).collect();
    assert_eq!(lines, EXPECTED);
}
