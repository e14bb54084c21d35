//! Buildsets and build requests: claimed, given back, completed, asked for again.

use super::Log;
use super::rows;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;

/// A host with three builders and one buildset for all.
async fn asked() -> TestHost {
    let host = Setup::default().start().await;
    for name in ["linux", "mac", "windows"] {
        host.builder(name).await;
    }
    let set = host.update("addBuildset", json!({"waited_for": true, "builderids": [1, 2, 3], "priority": 4})).await;
    assert_eq!(set, json!({"bsid": 1, "brids": {"1": 1, "2": 2, "3": 3}}));
    host
}

/// The events of requests by their short path.
fn short(log: &mut Log<'_>) -> Vec<String> {
    log.topics().into_iter().filter(|topic| topic.split('/').count() == 3).collect()
}

#[tokio::test]
async fn requests_are_claimed_all_or_none() {
    let host = asked().await;
    let mut log = Log::of(&host);
    let claim = async |brids: Value| host.update("claimBuildRequests", json!({"brids": brids, "claimed_at": 9})).await;
    assert_eq!(claim(json!([])).await, true);
    assert!(short(&mut log).is_empty());
    assert_eq!(claim(json!([2, 1, 2])).await, true);
    assert_eq!(short(&mut log), ["buildrequests/2/claimed", "buildrequests/1/claimed"]);
    assert_eq!(claim(json!([3, 1])).await, false);
    assert!(short(&mut log).is_empty());
    let claims = "SELECT claimed_at, claimed_by_masterid FROM buildrequests";
    assert_eq!(rows(&host, claims), ["9 1", "9 1", "null null"]);
    let unclaim =
        async |master: i64| host.update("unclaimBuildRequests", json!({"brids": [1, 3, 1], "masterid": master})).await;
    host.update("masterActive", json!({"name": "second", "masterid": 2})).await;
    unclaim(2).await;
    assert_eq!(rows(&host, claims), ["9 1", "9 1", "null null"], "another's claim stays");
    unclaim(1).await;
    assert_eq!(short(&mut log), ["masters/2/started", "buildrequests/1/unclaimed"]);
}

#[tokio::test]
async fn a_buildset_ends_with_the_worst_of_its_requests() {
    let host = asked().await;
    let mut log = Log::of(&host);
    let complete = async |brids: Value, results: i64| {
        host.update("completeBuildRequests", json!({"brids": brids, "results": results, "complete_at": 11})).await
    };
    assert_eq!(complete(json!([1]), 1).await, true);
    host.update("maybeBuildsetComplete", json!({"bsid": 1})).await;
    assert_eq!(short(&mut log), ["buildrequests/1/complete"]);
    assert_eq!(complete(json!([2, 1]), 0).await, false);
    assert!(short(&mut log).is_empty(), "none of them");
    assert_eq!(complete(json!([3, 2, 3]), 3).await, true);
    assert_eq!(short(&mut log), ["buildrequests/3/complete", "buildrequests/2/complete", "buildsets/1/complete"]);
    assert_eq!(rows(&host, "SELECT results FROM buildsets"), ["1"], "skipped is better than warnings");
    host.update("maybeBuildsetComplete", json!({"bsid": 1})).await;
    assert!(short(&mut log).is_empty(), "it ends once");
}

#[tokio::test]
async fn a_buildset_for_nobody_ends_at_once() {
    let host = Setup::default().start().await;
    let mut log = Log::of(&host);
    let set = host.update("addBuildset", json!({"waited_for": false})).await;
    assert_eq!(set, json!({"bsid": 1, "brids": {}}));
    let told = log.news();
    assert_eq!(
        (&told[0].topics[..], &told[1].topics[..]),
        (&["buildsets/1/new".to_owned()][..], &["buildsets/1/complete".to_owned()][..])
    );
    assert_eq!((&told[0].body["results"], &told[1].body["results"]), (&Value::Null, &json!(0)));
    assert_eq!(told[1].body, host.get("buildsets/1").await["buildsets"][0]);
}

#[tokio::test]
async fn a_request_is_asked_for_again_as_it_was() {
    let host = Setup::default().start().await;
    host.builder("linux").await;
    let parent = host.finished_build("linux", 0).await.buildid;
    let stamp = json!({"branch": "main", "revision": "abc", "patch_body": "--- a\n", "codebase": "x"});
    let params = json!({"waited_for": true, "builderids": [1], "sourcestamps": [stamp], "reason": "first",
        "properties": {"a": [1, "Form"]}, "external_idstring": "ext", "parent_buildid": parent,
        "parent_relationship": "Triggered from", "priority": 7});
    host.update("addBuildset", params).await;
    host.update("addBuild", json!({"builderid": 1, "buildrequestid": 2})).await;
    let mut log = Log::of(&host);
    assert_eq!(
        host.update("rebuildBuildrequest", json!({"buildrequestid": 2})).await,
        json!({"bsid": 3, "brids": {"1": 3}})
    );
    let told = log.news();
    assert_eq!(told[0].topics[1], "buildrequests/3/new");
    assert_eq!((&told[0].body["waited_for"], &told[0].body["priority"]), (&json!(false), &json!(0)));
    let set = &told[1].body;
    assert_eq!((&set["scheduler"], &set["reason"]), (&json!("rebuild"), &json!("rebuild")));
    assert_eq!((&set["external_idstring"], &set["parent_buildid"]), (&json!("ext"), &json!(parent)));
    assert_eq!((&set["rebuilt_buildid"], &set["sourcestamps"][0]["revision"]), (&json!(2), &json!("abc")));
    let old = host.get("buildsets/2").await["buildsets"][0].clone();
    assert_eq!(set["sourcestamps"], old["sourcestamps"]);
    assert_eq!(rows(&host, "SELECT bsid, name, value, source FROM buildset_properties WHERE bsid = 3"), ["3 a 1 Form"]);
    assert_eq!(rows(&host, "SELECT parent_relationship FROM buildsets WHERE bsid = 3"), ["Triggered from"]);
    host.update("addBuild", json!({"builderid": 1, "buildrequestid": 3})).await;
    let whole = host.get("buildrequests/3").await["buildrequests"][0].clone();
    host.update("rebuildBuildrequest", json!({"brdict": whole})).await;
    assert_eq!(rows(&host, "SELECT rebuilt_buildid FROM buildsets WHERE bsid = 4"), ["2"], "the first of them all");
}
