//! What a Buildbot posts: what becomes of it, in whatever order it comes, and what is said of wrong posts.

mod buildbot;
mod posts;
mod refusals;
mod requests;

use crate::updates::Log;
use crate::updates::rows;
use campanile_sinks::HttpSink;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use posts::PAGES;
use posts::begun;
use posts::ended;
use posts::next;
use posts::post;
use posts::put;
use posts::request;
use posts::taken;
use serde_json::Value;
use serde_json::json;

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
