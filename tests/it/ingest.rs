//! What a Buildbot posts: what becomes of it, in whatever order it comes, and what is said of wrong posts.

mod buildbot;
mod refusals;

use crate::updates::Log;
use crate::updates::rows;
use campanile_sinks::HttpSink;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

const PAGES: &str = "https://ci.example.org/";

/// A post: its status and its answer.
async fn post(host: &TestHost, body: &Value) -> (StatusCode, Value) {
    let request = host.client.post(format!("{}/ingest/buildbot", host.url)).body(body.to_string());
    let answer = request.header("content-type", "application/json").send().await.expect("the host answers");
    let status = answer.status();
    (status, serde_json::from_str(&answer.text().await.expect("a text")).expect("JSON"))
}

/// What a post that is taken is.
async fn taken(host: &TestHost, body: &Value) -> Value {
    let (status, mut body) = post(host, body).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body["result"].take()
}

/// A request of buildset 70, as `BuildRequestGenerator` tells of it.
fn request(id: i64, builder: &str) -> Value {
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
fn begun() -> Value {
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

fn put(into: &mut Value, fields: Value) {
    let (Value::Object(into), Value::Object(fields)) = (into, fields) else { panic!("objects") };
    into.extend(fields);
}

/// The same build when it has failed, with a step and its log.
fn ended() -> Value {
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
fn next(mut build: Value) -> Value {
    put(&mut build, json!({"buildid": 901, "number": 18, "url": format!("{PAGES}#/builders/40/builds/18")}));
    build
}

#[tokio::test]
async fn a_build_is_told_from_its_request_to_its_end() {
    let host = Setup::default().start().await;
    let mut log = Log::of(&host);
    taken(&host, &request(60, "linux")).await;
    assert_eq!(log.topics().last().map(String::as_str), Some("buildsets/1/new"));
    let begun = taken(&host, &begun()).await;
    assert_eq!(begun, json!([{"masterid": 1_000_000, "builderid": 1, "buildrequestid": 1, "buildid": 1}]));
    let of_request = "buildsets/1/builders/1/buildrequests/1";
    let of_build = "builders/1/builds/17";
    let expected = [
        format!("{of_request}/claimed"),
        "builds/1/properties/update".to_owned(),
        format!("{of_build}/new"),
        format!("{of_build}/update"),
    ];
    assert_eq!(firsts(&mut log), expected);
    assert_eq!(taken(&host, &ended()).await, begun);
    let expected = [
        "builds/1/steps/1/new",
        "builds/1/steps/1/started",
        "builds/1/steps/1/updated",
        "builds/1/steps/1/updated",
        "logs/1/new",
        "logs/1/append",
        "logs/1/finished",
        "builds/1/steps/1/finished",
        "builds/1/properties/update",
        &format!("{of_build}/update"),
        &format!("{of_build}/update"),
        &format!("{of_build}/finished"),
        &format!("{of_request}/complete"),
        "buildsets/1/complete",
    ];
    assert_eq!(firsts(&mut log), expected);
    the_data_api_has_it(&host).await;
}

/// Of each event since the last look, the first of the paths that it goes by.
fn firsts(log: &mut Log<'_>) -> Vec<String> {
    log.news().into_iter().map(|told| told.topics[0].clone()).collect()
}

/// The build, its step, log, buildset and builder, as they were posted.
async fn the_data_api_has_it(host: &TestHost) {
    let build = host.get("builds/1?property=*").await["builds"][0].clone();
    let of_build = json!({
        "buildid": 1, "number": 17, "builderid": 1, "buildrequestid": 1, "workerid": 1, "masterid": 1_000_000,
        "started_at": 100, "complete_at": 110, "locks_duration_s": 4, "complete": true,
        "state_string": "failed make (failure)", "results": 2,
        "properties": {"branch": ["main", "Build"], "got_revision": ["abc", "Git"], "scheduler": ["all", "Scheduler"],
            "workername": ["w1", "Worker"]},
    });
    assert_eq!(build, of_build);
    let step = host.get("builds/1/steps").await["steps"][0].clone();
    assert_eq!((&step["started_at"], &step["complete_at"], &step["results"]), (&json!(101), &json!(109), &json!(2)));
    assert_eq!(step["urls"], json!([{"name": "report", "url": "https://x.example.org/"}]));
    let lines = host.get("logs/1/contents").await["logchunks"][0]["content"].clone();
    assert_eq!(lines, "omake\neNo rule\n");
    let buildset = host.get("buildsets/1").await["buildsets"][0].clone();
    assert_eq!(
        (&buildset["reason"], &buildset["results"], &buildset["submitted_at"]),
        (&json!("a push"), &json!(2), &json!(90))
    );
    assert_eq!(rows(host, "SELECT name, value FROM buildset_properties"), ["scheduler \"all\""]);
    let builder = host.get("builders/1").await["builders"][0].clone();
    assert_eq!(
        (&builder["tags"], &builder["description"], &builder["masterids"]),
        (&json!(["nightly"]), &json!("All of it"), &json!([1_000_000]))
    );
    assert_eq!(host.get("masters/1000000").await["masters"][0]["name"], PAGES);
}

/// All that the data API knows and reporters are told of.
fn everything(host: &TestHost) -> Vec<String> {
    ["builds", "steps", "logs", "logchunks", "buildrequests", "buildsets", "changes", "build_properties"]
        .iter()
        .flat_map(|table| rows(host, &format!("SELECT * FROM {table}")))
        .collect()
}

#[tokio::test]
async fn a_post_that_comes_twice_or_late_adds_nothing() {
    let host = Setup::default().start().await;
    for body in [request(60, "linux"), begun(), ended()] {
        taken(&host, &body).await;
    }
    let before = everything(&host);
    let mut log = Log::of(&host);
    for body in [ended(), begun(), request(60, "linux")] {
        taken(&host, &body).await;
    }
    assert_eq!(everything(&host), before);
    assert_eq!(log.topics(), [""; 0]);
}

#[tokio::test]
async fn the_end_alone_tells_all_of_a_build() {
    let (one, other) = (Setup::default().start().await, Setup::default().start().await);
    taken(&one, &begun()).await;
    taken(&one, &ended()).await;
    taken(&other, &json!([ended()])).await;
    assert_eq!(everything(&one), everything(&other));
}

#[tokio::test]
async fn a_log_goes_on_where_it_was() {
    let host = Setup::default().start().await;
    let mut body = begun();
    body["steps"] = ended()["steps"].clone();
    body["steps"][0]["complete"] = json!(false);
    let log = "/steps/0/logs/0";
    *body.pointer_mut(&format!("{log}/complete")).expect("a field") = json!(false);
    *body.pointer_mut(&format!("{log}/content/content")).expect("a field") = json!("omake");
    taken(&host, &body).await;
    taken(&host, &ended()).await;
    assert_eq!(host.get("logs/1/contents").await["logchunks"][0]["content"], "omake\neNo rule\n");
    assert_eq!(host.get("logs/1").await["logs"][0]["complete"], true);
}

#[tokio::test]
async fn logs_without_their_lines_are_left_out() {
    let host = Setup::default().start().await;
    let mut body = ended();
    body["steps"][0]["logs"][0].as_object_mut().expect("an object").remove("content");
    taken(&host, &body).await;
    assert_eq!(host.get("steps/1/logs").await["logs"], json!([]));
}

#[tokio::test]
async fn a_request_that_is_tried_again_ends_its_build_with_retry() {
    let host = Setup::default().start().await;
    taken(&host, &begun()).await;
    let mut again = next(ended());
    put(&mut again, json!({"complete": false, "steps": []}));
    taken(&host, &again).await;
    assert_eq!(host.get("builds/1").await["builds"][0]["results"], 5);
    assert_eq!(host.get("buildrequests/1").await["buildrequests"][0]["complete"], false);
    put(&mut again, json!({"complete": true, "results": 0}));
    taken(&host, &again).await;
    assert_eq!(host.get("builds/2").await["builds"][0]["number"], 18);
    assert_eq!(host.get("buildrequests/1").await["buildrequests"][0]["results"], 0);
}

#[tokio::test]
async fn the_build_before_is_ended_where_its_end_was_not_posted() {
    let host = Setup::default().start().await;
    taken(&host, &begun()).await;
    let mut next = next(begun());
    put(&mut next, json!({"prev_build": {"buildid": 900, "complete": true, "complete_at": 130, "results": 4}}));
    put(&mut next["buildrequest"], json!({"buildrequestid": 61}));
    taken(&host, &next).await;
    let build = host.get("builds/1").await["builds"][0].clone();
    assert_eq!((&build["results"], &build["complete_at"]), (&json!(4), &json!(130)));
    assert_eq!(host.get("buildrequests/1").await["buildrequests"][0]["results"], 4);
}

#[tokio::test]
async fn a_buildset_is_complete_when_all_that_was_told_of_is() {
    let host = Setup::default().start().await;
    taken(&host, &request(60, "linux")).await;
    taken(&host, &request(61, "mac")).await;
    assert_eq!(host.get("buildsets").await["buildsets"].as_array().map(Vec::len), Some(1));
    taken(&host, &ended()).await;
    assert_eq!(host.get("buildsets/1").await["buildsets"][0]["complete"], false);
    let mut cancelled = request(61, "mac");
    put(&mut cancelled, json!({"complete": true, "results": 6}));
    taken(&host, &cancelled).await;
    assert_eq!(host.get("buildsets/1").await["buildsets"][0]["results"], 6);
    // One that nobody heard of in time.
    taken(&host, &request(62, "mac")).await;
    assert_eq!(host.get("buildrequests/3").await["buildrequests"][0]["buildsetid"], 2);
}

#[tokio::test]
async fn builders_of_two_masters_with_one_name_are_told_apart() {
    let host = Setup::default().start().await;
    taken(&host, &ended()).await;
    let mut other = ended();
    other["url"] = json!("https://ci2.example.org:8010/#/builders/40/builds/17");
    let found = taken(&host, &other).await;
    assert_eq!(found, json!([{"masterid": 1_000_001, "builderid": 2, "buildrequestid": 2, "buildid": 2}]));
    assert_eq!(host.get("builders/1").await["builders"][0]["masterids"], json!([1_000_000]));
    assert_eq!(host.get("builders/2").await["builders"][0]["name"], "linux (ci2.example.org:8010)");
    // Who builds for a builder of this host does not take what a Buildbot builds.
    host.update("findBuilderId", json!({"name": "mac"})).await;
    let mac = taken(&host, &request(61, "mac")).await;
    let name = host.get(&format!("builders/{}", mac[0]["builderid"])).await["builders"][0]["name"].clone();
    assert_eq!(name, "mac (ci.example.org)");
}

#[tokio::test]
async fn changes_are_known_where_they_are_posted() {
    let host = Setup::default().start().await;
    let mut body = begun();
    body["changes"] = json!([{"changeid": 33, "author": "ada <ada@example.org>", "comments": "mend it", "files": ["a.c"],
        "revision": "abc", "branch": "main", "repository": "https://github.com/o/r", "project": "p", "codebase": "",
        "when_timestamp": 80, "category": null, "parent_changeids": [], "properties": {"k": ["v", "Change"]}}]);
    taken(&host, &body).await;
    taken(&host, &body).await;
    let changes = host.get("builds/1/changes").await["changes"].clone();
    assert_eq!(changes.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&changes[0]["author"], &changes[0]["properties"]),
        (&json!("ada <ada@example.org>"), &json!({"k": ["v", "Change"]}))
    );
}

#[tokio::test]
async fn an_older_try_that_is_told_late_leaves_the_newer_one_alone() {
    let host = Setup::default().start().await;
    let mut again = next(begun());
    put(&mut again, json!({"started_at": 105}));
    taken(&host, &again).await;
    let mut first = ended();
    put(&mut first, json!({"results": 5, "complete_at": 104}));
    taken(&host, &first).await;
    let builds = host.get("builds?order=number").await["builds"].clone();
    assert_eq!((&builds[0]["results"], &builds[1]["complete"]), (&json!(5), &json!(false)));
    assert_eq!(host.get("buildrequests/1").await["buildrequests"][0]["claimed"], true);
    put(&mut again, json!({"complete": true, "complete_at": 120, "results": 0}));
    taken(&host, &again).await;
    assert_eq!(host.get("buildrequests/1").await["buildrequests"][0]["results"], 0);
}

#[tokio::test]
async fn a_request_that_was_collapsed_is_skipped() {
    let host = Setup::default().start().await;
    let of_set = |id: i64, bsid: i64, branch: &str| {
        let mut told = request(id, "linux");
        told["buildset"]["bsid"] = json!(bsid);
        told["buildset"]["sourcestamps"][0]["branch"] = json!(branch);
        told
    };
    for told in [of_set(58, 71, "main"), of_set(59, 72, "other"), of_set(60, 73, "main"), of_set(61, 74, "main")] {
        taken(&host, &told).await;
    }
    let mut build = begun();
    build["buildset"]["bsid"] = json!(73);
    taken(&host, &build).await;
    let requests = host.get("buildrequests?order=buildrequestid").await["buildrequests"].clone();
    let results: Vec<_> =
        requests.as_array().expect("a list").iter().map(|request| request["results"].clone()).collect();
    assert_eq!(results, [3, -1, -1, -1], "older, and of the same sources");
    assert_eq!(host.get("buildsets/1").await["buildsets"][0]["complete"], true);
}

#[tokio::test]
async fn ids_that_begin_anew_are_new_builds() {
    let host = Setup::default().start().await;
    taken(&host, &ended()).await;
    let mut anew = ended();
    put(&mut anew, json!({"started_at": 500, "complete_at": 600, "number": 1}));
    for part in ["buildrequest", "buildset"] {
        anew[part]["submitted_at"] = json!(490);
    }
    let found = taken(&host, &anew).await;
    assert_eq!(found, json!([{"masterid": 1_000_000, "builderid": 1, "buildrequestid": 2, "buildid": 2}]));
    let build = host.get("builds/2").await["builds"][0].clone();
    assert_eq!((&build["number"], &build["complete"]), (&json!(1), &json!(true)));
    assert_eq!(host.get("builds/2/steps").await["steps"].as_array().map(Vec::len), Some(1));
    assert_eq!(host.get("logs/2/contents").await["logchunks"][0]["content"], "omake\neNo rule\n");
}

#[tokio::test]
async fn what_is_too_long_or_odd_is_shortened_rather_than_refused() {
    let host = Setup::default().start().await;
    let mut body = ended();
    body["state_string"] = json!("x".repeat(5000));
    body["properties"]["a\u{1}b"] = json!([1, "Test"]);
    body["buildset"]["sourcestamps"][0]["patch"] =
        json!({"patchid": 1, "level": 1, "body": null, "author": "ada", "comment": "", "subdir": null});
    let urls: Vec<_> = (0..120).map(|n| json!({"name": format!("build #{n}"), "url": format!("{PAGES}{n}")})).collect();
    body["steps"][0]["urls"] = json!(urls);
    body["steps"][0]["name"] = json!("");
    taken(&host, &body).await;
    let build = host.get("builds/1?property=*").await["builds"][0].clone();
    assert_eq!(build["state_string"].as_str().map(str::len), Some(4096));
    assert_eq!(build["properties"].as_object().map(serde_json::Map::len), Some(4));
    let step = host.get("steps/1").await["steps"][0].clone();
    assert_eq!((&step["name"], step["urls"].as_array().map(Vec::len)), (&json!("unnamed"), Some(100)));
}

#[tokio::test]
async fn links_lead_to_the_pages_of_the_buildbot() {
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = format!("serverUrl = \"http://127.0.0.1:{}\"\nwantLogs = true", sink.port());
    let setup = Setup::default().plugins(&["http-push"]).allow(format!("127.0.0.1:{}", sink.port()));
    let host = setup.reporter("push", "http-push", &settings).start().await;
    taken(&host, &ended()).await;
    let received = sink.wait_for(2).await;
    host.settle().await;
    let pushed: Value = serde_json::from_slice(&received[1].body).expect("JSON");
    assert_eq!(pushed["url"], format!("{PAGES}#/builders/40/builds/17"));
    assert_eq!(pushed["steps"][0]["logs"][0]["url"], format!("{PAGES}#/builders/40/builds/17/steps/0/logs/stdio"));
}
