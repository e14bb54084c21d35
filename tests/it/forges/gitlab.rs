//! Statuses at GitLab.

use super::each;
use super::json;
use super::targets;
use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_tests::BUILD_URL;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::acme_source;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;

async fn start() -> (TestHost, HttpSink) {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer_always(Answer::status(201));
    let host = Setup::default().acme("gitlab", sink.port(), "token = \"token\"\nbaseURL = \"{here}\"");
    (host.start_acme().await, sink)
}

fn source() -> Value {
    acme_source("git@gitlab.com:o/r.git", Some("d34db33f"))
}

fn project() -> Answer {
    Answer::status(200).body(r#"{"id":77,"path_with_namespace":"o/r"}"#)
}

const STATUSES: &str = "POST /api/v4/projects/77/statuses/d34db33f";

#[tokio::test]
async fn a_project_is_asked_for_once_and_then_told() {
    let (host, sink) = start().await;
    sink.answer(project());
    host.acme_build(&[source()], json!({}), 2).await;
    host.acme_request(&[source()], json!({})).await;
    host.settle().await;
    let requests = sink.received();
    assert_eq!(targets(&requests), ["GET /api/v4/projects/o%2Fr", STATUSES, STATUSES, STATUSES, STATUSES]);
    let said = json!({"state": "failed", "ref": "main", "description": "Build done.", "target_url": BUILD_URL,
        "name": "buildbot/Builder1"});
    assert_eq!(json(&requests[3]), said);
    assert_eq!(each(&requests[1..], "state"), ["pending", "running", "failed", "pending"]);
    assert!(requests.iter().all(|request| request.header("private-token") == Some("tower-of-bells")));
}

#[tokio::test]
async fn states_wait_for_the_number_also_over_a_restart() {
    let (host, sink) = start().await;
    sink.answer(Answer { delay: Duration::from_millis(400), ..project() });
    let mut build = host.acme_request(&[source()], json!({})).await;
    sink.wait_for(1).await;
    host.acme_start(&mut build, json!({})).await;
    host.acme_end(&build, 0).await;
    host.rendered().await;
    let host = host.stop().await.start().await;
    host.settle().await;
    let told = each(&sink.received()[1..], "state");
    assert_eq!(told, ["success"], "the newest of those that waited");
}

#[tokio::test]
async fn a_project_that_is_not_there_is_told_and_asked_for_again() {
    let (host, sink) = start().await;
    sink.answer(Answer::status(400).body(r#"{"message":"no such thing"}"#));
    host.acme_request(&[source()], json!({})).await;
    host.settle().await;
    let skipped = host.deliveries().await.pop().expect("a delivery");
    assert_eq!(skipped["state"], "skipped", "{skipped}");
    let reason = skipped["reason"].as_str().expect("a reason");
    assert!(reason.contains("asked for \"o/r\", it answered 400") && reason.contains("no such thing"), "{reason}");
    sink.answer(project());
    host.acme_request(&[source()], json!({})).await;
    host.settle().await;
    let told = targets(&sink.received());
    assert_eq!(told, ["GET /api/v4/projects/o%2Fr", "GET /api/v4/projects/o%2Fr", STATUSES]);
}
