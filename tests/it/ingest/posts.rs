//! A Buildbot's posts of one request and its build, as they are on the wire.

use campanile_tests::TestHost;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

/// Where it shows what it builds.
pub(super) const PAGES: &str = "https://ci.example.org/";

/// A post: its status and its answer.
pub(super) async fn post(host: &TestHost, body: &Value) -> (StatusCode, Value) {
    let request = host.client.post(format!("{}/ingest/buildbot", host.url)).body(body.to_string());
    let answer = request.header("content-type", "application/json").send().await.expect("the host answers");
    let status = answer.status();
    (status, serde_json::from_str(&answer.text().await.expect("a text")).expect("JSON"))
}

/// What a post that is taken is.
pub(super) async fn taken(host: &TestHost, body: &Value) -> Value {
    let (status, mut body) = post(host, body).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body["result"].take()
}

/// A request of buildset 70, as `BuildRequestGenerator` tells of it.
pub(super) fn request(id: i64, builder: &str) -> Value {
    json!({
        "properties": {"scheduler": ["all", "Scheduler"], "branch": ["main", "Build"]},
        "buildrequest": {"buildrequestid": id, "buildsetid": 70, "submitted_at": 90, "claimed_at": null, "priority": 3,
            "complete": false, "results": -1, "waited_for": false},
        "buildset": {"bsid": 70, "reason": "a push", "submitted_at": 90, "results": -1, "parent_buildid": null,
            "rebuilt_buildid": null, "sourcestamps": [{"ssid": 5, "branch": "main", "revision": "abc", "project": "p",
            "repository": "https://github.com/o/r", "codebase": "", "created_at": 90, "patch": null}]},
        "builderid": 40,
        "builder": {"builderid": if builder == "linux" { 40 } else { 41 }, "name": builder, "masterids": [1],
            "description": "All of it", "description_format": null, "description_html": null, "projectid": 8,
            "tags": ["nightly"]},
        "url": format!("{PAGES}#/buildrequests/{id}"),
        "results": null,
        "complete": false,
    })
}

/// Build 900 of request 60, which is number 17, as it begins.
pub(super) fn begun() -> Value {
    let mut build = request(60, "linux");
    let more = json!({
        "buildid": 900, "number": 17, "buildrequestid": 60, "workerid": 2, "masterid": 1, "started_at": 100,
        "complete_at": null, "locks_duration_s": 0, "state_string": "starting", "parentbuild": null,
        "parentbuilder": null, "url": format!("{PAGES}#/builders/40/builds/17"),
    });
    put(&mut build, more);
    build["properties"]["workername"] = json!(["w1", "Worker"]);
    build
}

pub(super) fn put(into: &mut Value, fields: Value) {
    let (Value::Object(into), Value::Object(fields)) = (into, fields) else { panic!("objects") };
    into.extend(fields);
}

/// The same build when it has failed, with a step and its log.
pub(super) fn ended() -> Value {
    let mut build = begun();
    let log = json!({
        "logid": 300, "name": "stdio", "slug": "stdio", "stepid": 200, "complete": true, "num_lines": 2, "type": "s",
        "content": {"logid": 300, "firstline": 0, "content": "omake\neNo rule\n"},
    });
    let step = json!({
        "stepid": 200, "number": 0, "name": "compile", "buildid": 900, "started_at": 101, "locks_acquired_at": 101,
        "complete": true, "complete_at": 109, "state_string": "make (failure)", "results": 2,
        "urls": [{"name": "report", "url": "https://x.example.org/"}], "hidden": false, "logs": [log],
    });
    put(
        &mut build,
        json!({"complete": true, "complete_at": 110, "results": 2, "locks_duration_s": 4,
            "state_string": "failed make (failure)", "steps": [step]}),
    );
    build["properties"]["got_revision"] = json!(["abc", "Git"]);
    build
}

/// The build as the one after it.
pub(super) fn next(mut build: Value) -> Value {
    put(&mut build, json!({"buildid": 901, "number": 18, "url": format!("{PAGES}#/builders/40/builds/18")}));
    build
}
