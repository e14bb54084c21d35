//! Comments on GitHub's pull requests.

use super::description::Description;
use super::json;
use super::targets;
use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_sinks::HttpSink;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::acme_source;
use serde_json::Value;
use serde_json::json;

const COMMENTS: &str = "/repos/o/r/issues/7/comments";

async fn start() -> (TestHost, HttpSink) {
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = "token = \"token\"\nbaseURL = \"{here}\"";
    (Setup::default().acme("github-comment", sink.port(), settings).start_acme().await, sink)
}

fn source(branch: &str) -> Value {
    let mut source = acme_source("https://github.com/o/r.git", Some("d34db33f"));
    source["branch"] = json!(branch);
    source
}

/// What GitHub would list.
fn listed(said: &[Value]) -> Answer {
    let comments: Vec<Value> = said.iter().map(|said| json!({"id": 1, "body": said["body"]})).collect();
    Answer::status(200).body(json!(comments).to_string())
}

#[tokio::test]
async fn a_pull_request_is_commented_once_a_build() {
    let (host, sink) = start().await;
    sink.answer_always(Answer::status(201));
    host.acme_build(&[source("refs/pull/7/head")], json!({}), 2).await;
    let requests = sink.received();
    assert_eq!(targets(&requests), [format!("POST {COMMENTS}")]);
    let said = json(&requests[0])["body"].as_str().expect("a text").to_owned();
    let (told, marker) = said.split_once("\n\n").expect("a marker");
    assert_eq!(told, "Build done.");
    assert!(marker.starts_with("<!-- campanile") && marker.ends_with(" -->"), "{marker}");
    assert_eq!(requests[0].header("authorization"), Some("token tower-of-bells"));
    assert_eq!(Description::of_github().problem(&requests[0]), None);
}

/// The first request is lost on its way back; the question is answered with what `listed` makes of the comment.
async fn lost(listed: impl Fn(&Value) -> Answer) -> (Vec<String>, Value) {
    let (host, sink) = start().await;
    // Time enough to put the answer ready that the question gets.
    let host = host.stop().await.schedule(&[0, 600, 0, 0]).start().await;
    sink.answer(Answer::default().fault(HttpFault::Drop));
    let mut build = host.acme_request(&[source("refs/pull/7/head")], json!({})).await;
    host.acme_start(&mut build, json!({})).await;
    host.acme_end(&build, 2).await;
    let said = json(&sink.wait_for(1).await[0]);
    sink.answer(listed(&said));
    sink.answer_always(Answer::status(201));
    host.settle().await;
    let requests = sink.received();
    let github = Description::of_github();
    assert!(requests.iter().all(|request| github.problem(request).is_none()), "{requests:?}");
    (targets(&requests), host.deliveries().await[0].clone())
}

#[tokio::test]
async fn a_comment_that_is_there_is_found_and_not_repeated() {
    let (told, delivery) = lost(|said| listed(&[json!({"body": "another"}), said.clone()])).await;
    let asked = format!("GET {COMMENTS}?since=1970-01-01T00:00:00Z&per_page=100");
    assert_eq!(told, [format!("POST {COMMENTS}"), asked]);
    assert_eq!(delivery["state"], "delivered", "{delivery}");
    assert_eq!(delivery["attempts"][1]["outcome"], "probe_found");
}

#[tokio::test]
async fn a_comment_that_is_not_there_goes_out_again() {
    let (told, delivery) = lost(|_| listed(&[json!({"body": "another"})])).await;
    assert_eq!((told.len(), told.last()), (3, Some(&format!("POST {COMMENTS}"))));
    assert_eq!(delivery["state"], "delivered", "{delivery}");
}

#[tokio::test]
async fn a_build_of_no_pull_request_stands_among_the_deliveries() {
    let (host, sink) = start().await;
    host.acme_build(&[source("main")], json!({}), 0).await;
    let deliveries = host.deliveries().await;
    assert_eq!((deliveries.len(), &deliveries[0]["state"], sink.count()), (1, &json!("skipped"), 0));
    assert!(deliveries[0]["reason"].as_str().expect("a reason").contains("is no pull request's"), "{deliveries:?}");
}
