//! What changes how the bot says things, and of what it says them.

use super::CHANNEL;
use super::asks;
use super::builder;
use super::ends;
use super::meet;
use super::server;
use super::starts;
use super::with_bot;
use campanile_tests::Setup;
use serde_json::json;

#[tokio::test]
async fn notices_go_to_channels_and_nobody_else() {
    let server = server().await;
    let settings = "noticeOnChannel = true\nnotify_events = [\"finished\"]\npm_to_nicks = [\"ann\"]";
    let (mut ann, host) = meet(&server, &with_bot(server.port, settings)).await;
    starts(&host, "linux").await;
    ends(&host, "linux", (0, "build successful")).await;
    let mut heard = [ann.hears("bb").await, ann.hears("bb").await].map(|heard| (heard.target, heard.is_notice));
    heard.sort();
    assert_eq!(heard, [(CHANNEL.to_owned(), true), ("ann".to_owned(), false)]);
    ann.say(CHANNEL, "bb: hello");
    assert!(ann.hears("bb").await.is_notice);
    host.settle().await;
}

#[tokio::test]
async fn results_are_in_colour_where_that_is_wanted() {
    let server = server().await;
    let setup: Setup = with_bot(server.port, "notify_events = [\"finished\"]");
    let (mut ann, host) = meet(&server, &setup.edit("useColors = false", "useColors = true")).await;
    for (results, state, expected) in [
        (0, "build successful", "\u{3}3completed successfully\u{f}"),
        (1, "a warning", "\u{3}8completed with warnings\u{f}: a warning"),
        (2, "failed compile", "\u{3}4failed\u{f}: failed compile"),
        (4, "exception compile", "\u{3}6"),
    ] {
        starts(&host, "linux").await;
        ends(&host, "linux", (results, state)).await;
        let told = ann.hears("bb").await.text;
        assert!(told.contains(expected), "{told:?}: {expected:?}");
    }
    host.settle().await;
}

#[tokio::test]
async fn only_builders_with_a_tag_are_told_of_and_listed() {
    let server = server().await;
    let settings = "notify_events = [\"finished\"]\ntags = [\"nightly\"]";
    let (mut ann, host) = meet(&server, &with_bot(server.port, settings)).await;
    for (name, tags) in [("linux", json!(["fast"])), ("mac", json!(["slow", "nightly"]))] {
        let id = builder(&host, name, None).await;
        let info = json!({"builderid": id, "description": null, "description_format": null,
            "description_html": null, "projectid": null, "tags": tags});
        host.update("updateBuilderInfo", info).await;
    }
    assert_eq!(asks(&mut ann, "list all builders").await, "I found the following builders: mac [offline]");
    for name in ["linux", "mac"] {
        starts(&host, name).await;
        ends(&host, name, (2, "failed compile")).await;
    }
    let told = ann.hears("bb").await.text;
    assert!(told.ends_with("of `mac` failed: failed compile"), "{told}");
    host.settle().await;
    assert_eq!(host.deliveries().await.len(), 2, "the list and the notice");
}

#[tokio::test]
async fn builds_are_called_by_their_revisions() {
    let server = server().await;
    let settings = "notify_events = [\"started\", \"finished\"]\nuseRevisions = true";
    let (mut ann, host) = meet(&server, &with_bot(server.port, settings)).await;
    let id = builder(&host, "linux", Some("w-1")).await;
    let stamps = json!([{"branch": "main", "revision": "a87b2c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b"},
        {"branch": "main", "codebase": "docs", "revision": "1234"}]);
    let set = json!({"waited_for": false, "builderids": [id], "reason": "a test", "scheduler": "tests",
        "sourcestamps": stamps});
    host.update("addBuildset", set).await;
    starts(&host, "linux").await;
    let told = ann.hears("bb").await.text;
    assert_eq!(told, "Build containing revision(s) a87b2c4, 1234 on linux started.");
    let watched = asks(&mut ann, "watch linux").await;
    assert_eq!(watched, "Watching build on `linux` containing revision(s) a87b2c4, 1234 until it finishes...");
    ends(&host, "linux", (2, "failed compile")).await;
    let told = ann.hears("bb").await.text;
    assert_eq!(told, "Build on `linux` containing revision(s) a87b2c4, 1234 failed: failed compile");
    host.settle().await;
}
