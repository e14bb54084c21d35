//! Requests of a Buildbot: tried again, collapsed, cancelled, and when a buildset of several is complete.

use super::begun;
use super::ended;
use super::next;
use super::put;
use super::request;
use super::taken;
use campanile_tests::Setup;
use serde_json::json;

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
