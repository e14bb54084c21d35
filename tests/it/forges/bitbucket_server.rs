//! Statuses at Bitbucket Server, by its API of today.

use super::each;
use super::json;
use super::targets;
use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_tests::BUILD_URL;
use campanile_tests::REQUEST_URL;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::acme_source;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;

async fn start(settings: &str) -> (TestHost, HttpSink) {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer_always(Answer::status(204));
    let settings = format!("base_url = \"{{here}}\"\ntoken = \"token\"\n{settings}");
    let host = Setup::default().acme("bitbucket-server", sink.port(), &settings).start_acme().await;
    (host, sink)
}

fn source() -> Value {
    acme_source("https://bbs/scm/o/r.git", Some("d34db33f"))
}

const BUILDS: &str = "POST /rest/api/1.0/projects/o/repos/r/commits/d34db33f/builds";

#[tokio::test]
async fn the_example_on_the_wire() {
    let (host, sink) = start("").await;
    host.acme_build(&[source()], json!({}), 2).await;
    let requests = sink.received();
    assert_eq!(targets(&requests), [BUILDS; 3]);
    let said = json!({"state": "FAILED", "url": BUILD_URL, "key": "Builder1", "parent": "Builder1",
        "ref": "refs/heads/main", "buildNumber": "1", "description": "Build done.", "name": "Builder1 #1",
        "duration": 9000, "testResults": null});
    assert_eq!(json(&requests[2]), said);
    let pending = json!({"state": "INPROGRESS", "url": REQUEST_URL, "key": "Builder1", "parent": "Builder1",
        "ref": "refs/heads/main", "buildNumber": null, "description": "Build pending.",
        "name": "Builder1 #(build request)", "duration": null, "testResults": null});
    assert_eq!(json(&requests[0]), pending);
    assert!(requests.iter().all(|request| request.header("authorization") == Some("Bearer tower-of-bells")));
}

#[tokio::test]
async fn tests_are_told_by_properties() {
    let (host, sink) = start("").await;
    let properties = json!({"tests_failed": [1, "Step"], "tests_successful": [41, "Step"]});
    host.acme_build(&[source()], properties, 2).await;
    let told = json(&sink.received()[2]);
    assert_eq!(told["testResults"], json!({"failed": 1, "skipped": 0, "successful": 41}));
}

#[tokio::test]
async fn a_late_state_gives_way_to_the_final_one() {
    let (host, sink) = start("").await;
    sink.answer(Answer { delay: Duration::from_millis(400), ..Answer::status(204) });
    let mut build = host.acme_request(&[source()], json!({})).await;
    sink.wait_for(1).await;
    host.acme_start(&mut build, json!({})).await;
    host.acme_end(&build, 0).await;
    host.settle().await;
    assert_eq!(each(&sink.received(), "state"), ["INPROGRESS", "SUCCESSFUL"]);
    let deliveries = host.deliveries().await;
    let states: Vec<_> = deliveries.iter().map(|delivery| delivery["state"].as_str().expect("a state")).collect();
    assert_eq!(states, ["delivered", "superseded", "delivered"]);
}
