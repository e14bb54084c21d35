//! Wrong calls: each method says what is missing, unknown or not there, and writes nothing.

use super::rows;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;

/// Calls that are right on a host with one finished build, a project, a scheduler, a change source and a worker; the
/// parameters that must be there, and those that name something by its id.
fn right() -> Vec<Right> {
    [of_those_who_build(), of_requests(), of_builds(), of_steps()].concat()
}

type Right = (&'static str, Value, &'static [&'static str], &'static [&'static str]);

fn of_those_who_build() -> Vec<Right> {
    let builder = json!({"builderid": 1, "description": null, "description_format": null, "description_html": null,
        "projectid": 1, "tags": []});
    let project = json!({"projectid": 1, "slug": "p", "description": null, "description_format": null,
        "description_html": null});
    vec![
        ("findMasterId", json!({"name": "ci"}), &["name"], &[]),
        ("masterActive", json!({"name": "ci", "masterid": 1}), &["name", "masterid"], &[]),
        ("masterStopped", json!({"name": "master", "masterid": 1}), &["name", "masterid"], &["masterid"]),
        ("expireMasters", json!({}), &[], &[]),
        ("find_project_id", json!({"name": "p"}), &["name"], &[]),
        ("update_project_info", project, &["projectid", "slug", "description"], &["projectid"]),
        ("findSchedulerId", json!({"name": "s"}), &["name"], &[]),
        (
            "trySetSchedulerMaster",
            json!({"schedulerid": 1, "masterid": 1}),
            &["schedulerid", "masterid"],
            &["schedulerid", "masterid"],
        ),
        ("schedulerEnable", json!({"schedulerid": 1, "v": true}), &["schedulerid", "v"], &["schedulerid"]),
        ("findChangeSourceId", json!({"name": "s"}), &["name"], &[]),
        (
            "trySetChangeSourceMaster",
            json!({"changesourceid": 1, "masterid": 1}),
            &["changesourceid", "masterid"],
            &["changesourceid", "masterid"],
        ),
        ("updateForceSchedulers", json!({"masterid": 1, "forceschedulers": []}), &["forceschedulers"], &["masterid"]),
        ("findBuilderId", json!({"name": "b"}), &["name"], &[]),
        ("updateBuilderInfo", builder, &["builderid", "description", "projectid", "tags"], &["builderid", "projectid"]),
        ("updateBuilderList", json!({"masterid": 1, "builderNames": []}), &["masterid", "builderNames"], &["masterid"]),
        ("findWorkerId", json!({"name": "w"}), &["name"], &[]),
        (
            "workerConfigured",
            json!({"workerid": 1, "masterid": 1, "builderids": [1]}),
            &["workerid", "builderids"],
            &["workerid", "masterid", "builderids"],
        ),
        ("deconfigureAllWorkersForMaster", json!({"masterid": 1}), &["masterid"], &["masterid"]),
        ("workerConnected", json!({"workerid": 1, "masterid": 1}), &["workerid"], &["workerid", "masterid"]),
        ("workerDisconnected", json!({"workerid": 1, "masterid": 1}), &["workerid"], &["workerid", "masterid"]),
        ("workerMissing", json!({"workerid": 1, "masterid": 1}), &["workerid"], &["workerid", "masterid"]),
        ("set_worker_paused", json!({"workerid": 1, "paused": true}), &["workerid", "paused"], &["workerid"]),
        ("set_worker_graceful", json!({"workerid": 1, "graceful": true}), &["workerid", "graceful"], &["workerid"]),
    ]
}

fn of_requests() -> Vec<Right> {
    let stamped = json!({"waited_for": false, "builderids": [1], "sourcestamps": [1], "parent_buildid": 1,
        "rebuilt_buildid": 1});
    vec![
        ("addChange", json!({}), &[], &[]),
        ("addBuildset", stamped, &["waited_for"], &["builderids", "sourcestamps", "parent_buildid", "rebuilt_buildid"]),
        ("maybeBuildsetComplete", json!({"bsid": 1}), &["bsid"], &["bsid"]),
        ("claimBuildRequests", json!({"brids": [1], "masterid": 1}), &["brids"], &["brids", "masterid"]),
        ("unclaimBuildRequests", json!({"brids": [1], "masterid": 1}), &["brids"], &["brids", "masterid"]),
        ("completeBuildRequests", json!({"brids": [1], "results": 0}), &["brids", "results"], &["brids"]),
        ("rebuildBuildrequest", json!({"buildrequestid": 1}), &["buildrequestid"], &["buildrequestid"]),
    ]
}

fn of_builds() -> Vec<Right> {
    vec![
        (
            "addBuild",
            json!({"builderid": 1, "buildrequestid": 1, "workerid": 1, "masterid": 1}),
            &["builderid", "buildrequestid"],
            &["builderid", "buildrequestid", "workerid", "masterid"],
        ),
        ("generateNewBuildEvent", json!({"buildid": 1}), &["buildid"], &["buildid"]),
        ("setBuildStateString", json!({"buildid": 1, "state_string": ""}), &["buildid", "state_string"], &["buildid"]),
        ("add_build_locks_duration", json!({"buildid": 1, "duration_s": 0}), &["buildid", "duration_s"], &["buildid"]),
        (
            "setBuildProperty",
            json!({"buildid": 1, "name": "n", "value": 1, "source": "s"}),
            &["buildid", "name", "source"],
            &["buildid"],
        ),
        ("setBuildProperties", json!({"buildid": 1, "properties": {}}), &["buildid", "properties"], &["buildid"]),
        (
            "setBuildData",
            json!({"buildid": 1, "name": "n", "value": "", "source": "s"}),
            &["buildid", "name", "value", "source"],
            &["buildid"],
        ),
        ("finishBuild", json!({"buildid": 1, "results": 0}), &["buildid", "results"], &["buildid"]),
    ]
}

fn of_steps() -> Vec<Right> {
    vec![
        ("addStep", json!({"buildid": 1, "name": "n"}), &["buildid", "name"], &["buildid"]),
        ("startStep", json!({"stepid": 1}), &["stepid"], &["stepid"]),
        ("set_step_locks_acquired_at", json!({"stepid": 1}), &["stepid"], &["stepid"]),
        ("setStepStateString", json!({"stepid": 1, "state_string": ""}), &["stepid", "state_string"], &["stepid"]),
        ("addStepURL", json!({"stepid": 1, "name": "", "url": ""}), &["stepid", "name", "url"], &["stepid"]),
        (
            "finishStep",
            json!({"stepid": 1, "results": 0, "hidden": false}),
            &["stepid", "results", "hidden"],
            &["stepid"],
        ),
        ("addLog", json!({"stepid": 1, "name": "n", "type": "s"}), &["stepid", "name", "type"], &["stepid"]),
        ("appendLog", json!({"logid": 1, "content": "\n"}), &["logid", "content"], &["logid"]),
        ("finishLog", json!({"logid": 1}), &["logid"], &["logid"]),
        ("compressLog", json!({"logid": 1}), &["logid"], &["logid"]),
    ]
}

/// The older names.
const ALIASES: [&str; 2] = ["newStep", "newLog"];

async fn host() -> TestHost {
    let host = Setup::default().start().await;
    host.finished_build("linux", 0).await;
    for (method, name) in
        [("find_project_id", "p"), ("findSchedulerId", "s"), ("findChangeSourceId", "c"), ("findWorkerId", "w")]
    {
        assert_eq!(host.update(method, json!({"name": name})).await, 1);
    }
    host
}

/// All that is written down, in short.
fn written(host: &TestHost) -> Vec<String> {
    let tables = rows(host, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
    tables.iter().flat_map(|table| rows(host, &format!("SELECT '{table}', * FROM {table}"))).collect()
}

#[tokio::test]
async fn every_method_is_tried_here() {
    let host = Setup::default().start().await;
    let mut tried: Vec<&str> = right().into_iter().map(|(method, ..)| method).chain(ALIASES).collect();
    let methods = host.get("updates").await;
    let mut methods: Vec<&str> =
        methods["methods"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    tried.sort_unstable();
    methods.sort_unstable();
    assert_eq!(tried, methods);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let host = host().await;
    let before = written(&host);
    for (method, params, required, _) in right() {
        for missing in required {
            let mut params = params.clone();
            params.as_object_mut().expect("an object").remove(*missing);
            let (status, body) = host.try_update(method, params).await;
            let said = body["error"].as_str().unwrap_or_default();
            assert!(status == 400 && said.contains(&format!("missing field `{missing}`")), "{method}: {said}");
        }
        let mut params = params.clone();
        params["zork"] = json!(1);
        let (status, body) = host.try_update(method, params).await;
        let said = body["error"].as_str().unwrap_or_default();
        assert!(status == 400 && said.contains("unknown field `zork`"), "{method}: {said}");
    }
    assert_eq!(written(&host), before);
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let host = host().await;
    let before = written(&host);
    for (method, params, _, ids) in right() {
        for id in ids {
            let mut params = params.clone();
            params[*id] = if params[*id].is_array() { json!([77]) } else { json!(77) };
            let (status, body) = host.try_update(method, params).await;
            let said = body["error"].as_str().unwrap_or_default();
            assert!(status == 404 && said.contains("77"), "{method} {id}: {status} {said}");
        }
    }
    assert_eq!(written(&host), before, "nothing is half-written");
}

#[tokio::test]
async fn what_is_wrong_inside_of_a_parameter_is_named() {
    let host = host().await;
    let before = written(&host);
    let set = |stamp: Value| json!({"waited_for": false, "builderids": [1], "sourcestamps": [stamp]});
    for (method, params, why) in [
        ("addBuildset", set(json!({"branch": 7})), "sourcestamps[0].branch: invalid type: integer `7`"),
        ("addBuildset", set(json!({"zork": 7})), "sourcestamps[0].zork: unknown field `zork`"),
        ("addBuildset", set(json!({"project": null})), "sourcestamps[0].project: invalid type: null"),
        ("addBuildset", set(json!("main")), "sourcestamps[0]: invalid type: string \"main\""),
        ("addBuildset", json!({"waited_for": 1}), "waited_for: invalid type: integer `1`"),
        (
            "addBuildset",
            json!({"waited_for": false, "properties": {"": [1, "x"]}}),
            "parameter properties: it is empty",
        ),
        ("setBuildProperties", json!({"buildid": 1, "props": {"a": [1]}}), "props.a"),
        (
            "setBuildProperty",
            json!({"buildid": 1, "name": "a\nb", "value": 1, "source": "x"}),
            "parameter name: control",
        ),
        ("rebuildBuildrequest", json!({"brdict": {"a": 1}}), "brdict: neither an id nor a build request"),
        ("completeBuildRequests", json!({"brids": [1, "x"], "results": 0}), "brids[1]: invalid type: string"),
        ("finishStep", json!({"stepid": 9_223_372_036_854_775_808_u64, "results": 0, "hidden": true}), "stepid: "),
        ("find_project_id", json!({"name": ""}), "parameter name: it is empty"),
    ] {
        let (status, body) = host.try_update(method, params).await;
        let said = body["error"].as_str().unwrap_or_default();
        assert!(status == 400 && said.contains(why), "{method} {why}: {status} {said}");
    }
    assert_eq!(written(&host), before);
}
