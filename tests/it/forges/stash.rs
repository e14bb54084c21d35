//! Statuses at Bitbucket Server, by its older API.

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

async fn start(settings: &str) -> (TestHost, HttpSink) {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer_always(Answer::status(204));
    let settings = format!("base_url = \"{{here}}/\"\nuser = \"stash_username\"\npassword = \"token\"\n{settings}");
    let host = Setup::default().acme("stash", sink.port(), &settings).start_acme().await;
    (host, sink)
}

fn source() -> Value {
    acme_source("https://bbs/scm/o/r.git", Some("d34db33f"))
}

const COMMIT: &str = "POST /rest/build-status/1.0/commits/d34db33f";

#[tokio::test]
async fn the_example_on_the_wire() {
    let (host, sink) = start("statusName = \"nm\"").await;
    host.acme_build(&[source()], json!({}), 2).await;
    let requests = sink.received();
    assert_eq!(targets(&requests), [COMMIT, COMMIT]);
    let said = |state: &str, description: &str| json!({"state": state, "url": BUILD_URL, "key": "Builder1", "description": description, "name": "nm"});
    assert_eq!(json(&requests[0]), said("INPROGRESS", "Build started."));
    assert_eq!(json(&requests[1]), said("FAILED", "Build done."));
    // stash_username:tower-of-bells
    let basic = "Basic c3Rhc2hfdXNlcm5hbWU6dG93ZXItb2YtYmVsbHM=";
    assert!(requests.iter().all(|request| request.header("authorization") == Some(basic)));
    assert!(requests.iter().all(|request| request.header("content-type") == Some("application/json")));
}

#[tokio::test]
async fn only_a_success_is_successful() {
    let (host, sink) = start("").await;
    for results in 0..=4 {
        host.acme_build(&[source()], json!({}), results).await;
    }
    let ended: Vec<String> = each(&sink.received(), "state").into_iter().filter(|s| s != "INPROGRESS").collect();
    assert_eq!(ended, ["SUCCESSFUL", "FAILED", "FAILED", "FAILED", "FAILED"]);
}

#[tokio::test]
async fn what_the_server_refuses_is_told_with_its_words() {
    let (host, sink) = start("").await;
    sink.answer_always(Answer::status(400).body(r#"{"errors":[{"message":"the key is too long"}]}"#));
    host.acme_build(&[source()], json!({}), 2).await;
    host.acme_build(&[acme_source("https://bbs/scm/o/r.git", None)], json!({}), 2).await;
    let deliveries = host.deliveries().await;
    let states: Vec<&str> = deliveries.iter().map(|delivery| delivery["state"].as_str().expect("a state")).collect();
    assert_eq!(states, ["dead", "dead", "skipped", "skipped"]);
    assert!(deliveries[0]["reason"].as_str().expect("a reason").contains("the key is too long"), "{}", deliveries[0]);
    assert!(deliveries[2]["reason"].as_str().expect("a reason").contains("has no revision"), "{}", deliveries[2]);
}
