//! Changes, their stamps and their users.

use super::Log;
use super::rows;
use campanile_tests::Setup;
use serde_json::json;

#[tokio::test]
async fn a_change_is_told_whole() {
    let host = Setup::default().start().await;
    let mut log = Log::of(&host);
    let params = json!({"author": "ada", "files": ["a", "b"], "comments": "Ring\n\nlouder", "revision": "abc",
        "branch": "main", "category": "bells", "repository": "git@github.com:example/belfry.git", "project": "belfry",
        "properties": {"x": 1}, "when_timestamp": 7});
    assert_eq!(host.update("addChange", params.clone()).await, 1);
    assert_eq!(host.update("addChange", params).await, 2);
    let told = log.news();
    assert_eq!(told[0].topics, ["changes/1/new"]);
    assert_eq!(told[1].body, host.get("changes/2").await["changes"][0]);
    let change = &told[1].body;
    assert_eq!(change["parent_changeids"], json!([1]));
    assert_eq!(change["properties"], json!({"x": [1, "Change"]}));
    assert_eq!(change["revlink"], "https://github.com/example/belfry/commit/abc");
    assert_eq!((&change["codebase"], &change["committer"]), (&json!(""), &json!(null)));
    assert_eq!(change["sourcestamp"]["ssid"], told[0].body["sourcestamp"]["ssid"], "equal stamps are one stamp");
}

#[tokio::test]
async fn a_change_of_nothing_is_a_change() {
    let host = Setup::default().start().await;
    assert_eq!(host.update("addChange", json!({})).await, 1);
    let change = host.get("changes/1").await["changes"][0].clone();
    assert_eq!((&change["revlink"], &change["files"], &change["branch"]), (&json!(""), &json!([]), &json!(null)));
    assert_eq!(host.update("addChange", json!({"revlink": "https://example.org/1", "revision": "1"})).await, 2);
    assert_eq!(host.get("changes/2").await["changes"][0]["revlink"], "https://example.org/1");
}

#[tokio::test]
async fn authors_are_users_of_their_version_control() {
    let host = Setup::default().start().await;
    for (author, src) in
        [("ada", "git"), ("ada", "git"), ("ada", "svn"), ("bob", "git"), ("cy", "sneakernet"), ("", "hg")]
    {
        host.update("addChange", json!({"author": author, "src": src})).await;
    }
    let users = "SELECT uid, identifier, attr_type, attr_data FROM users JOIN users_info USING (uid) ORDER BY uid";
    assert_eq!(rows(&host, users), ["1 ada git ada", "2 ada_2 svn ada", "3 bob git bob"]);
    assert_eq!(rows(&host, "SELECT changeid, uid FROM change_users ORDER BY changeid"), ["1 1", "2 1", "3 2", "4 3"]);
}

#[tokio::test]
async fn what_tells_stamps_apart_has_no_control_characters() {
    let host = Setup::default().start().await;
    for field in ["branch", "revision", "repository", "project", "codebase"] {
        let (status, body) = host.try_update("addChange", json!({field: "a\u{0}"})).await;
        let said = format!("invalid parameter {field}: control character '\\0'");
        assert_eq!((status.as_u16(), body), (400, json!({"error": said})));
    }
    assert!(rows(&host, "SELECT * FROM sourcestamps").is_empty());
}

#[tokio::test]
async fn a_patch_may_be_bytes_and_is_new_each_time() {
    let host = Setup::default().start().await;
    host.builder("linux").await;
    for body in [json!("--- a\n+++ b\n"), json!("--- a\n+++ b\n"), json!({"base64": "AP8="})] {
        let stamp = json!({"branch": "main", "patch_body": body, "patch_level": 1, "patch_author": "ada"});
        host.update("addBuildset", json!({"waited_for": false, "builderids": [1], "sourcestamps": [stamp]})).await;
    }
    let patches = "SELECT ssid, patchid, level, author, hex(substr(body, 1, 2)) FROM sourcestamps
        JOIN patches USING (patchid) ORDER BY ssid";
    assert_eq!(rows(&host, patches), ["1 1 1 ada 2D2D", "2 2 1 ada 2D2D", "3 3 1 ada 00FF"]);
}
