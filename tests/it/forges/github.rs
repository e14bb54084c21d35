//! Statuses at GitHub.

use super::description::Description;
use super::each;
use super::json;
use super::targets;
use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_sinks::ReceivedRequest;
use campanile_tests::BUILD_URL;
use campanile_tests::REQUEST_URL;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::acme_source;
use campanile_tests::campanile;
use serde_json::Value;
use serde_json::json;

const REPOSITORY: &str = "https://github.com/o/r.git";

async fn start(settings: &str) -> (TestHost, HttpSink) {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer_always(Answer::status(201));
    let settings = format!("token = \"token\"\nbaseURL = \"{{here}}\"\n{settings}");
    let host = Setup::default().acme("github", sink.port(), &settings).start_acme().await;
    (host, sink)
}

fn source() -> Value {
    acme_source(REPOSITORY, Some("d34db33f"))
}

#[track_caller]
fn accepted_by_github(requests: &[ReceivedRequest]) {
    let github = Description::of_github();
    let problems: Vec<String> = requests.iter().filter_map(|request| github.problem(request)).collect();
    assert!(problems.is_empty(), "{problems:?}");
}

#[tokio::test]
async fn a_commit_is_told_of_from_the_request_to_the_end() {
    let (host, sink) = start("").await;
    host.acme_build(&[source()], json!({}), 2).await;
    let requests = sink.received();
    assert_eq!(targets(&requests), ["POST /repos/o/r/statuses/d34db33f"; 3]);
    let said = |state: &str, description: &str, url: &str| json!({"state": state, "description": description, "target_url": url, "context": "buildbot/Builder1"});
    assert_eq!(json(&requests[0]), said("pending", "Build pending.", REQUEST_URL));
    assert_eq!(json(&requests[1]), said("pending", "Build started.", BUILD_URL));
    assert_eq!(json(&requests[2]), said("failure", "Build done.", BUILD_URL));
    for request in &requests {
        assert_eq!(request.header("authorization"), Some("token tower-of-bells"));
        assert!(request.header("user-agent").is_some(), "GitHub refuses who has no name");
    }
    accepted_by_github(&requests);
}

#[tokio::test]
async fn the_older_form_says_where_by_itself() {
    let settings = "repoOwner = \"%(prop:github_repo_owner)s\"\nrepoName = \"%(prop:github_repo_name)s\"\n\
        startDescription = \"Build started.\"\nendDescription = \"Build done.\"";
    let (host, sink) = start(settings).await;
    let properties = json!({"github_repo_owner": ["buildbot", "Builder"], "github_repo_name": ["bbtools", "Builder"]});
    host.acme_build(&[source()], properties, 0).await;
    let requests = sink.received();
    assert_eq!(targets(&requests), ["POST /repos/buildbot/bbtools/statuses/d34db33f"; 2]);
    assert_eq!(each(&requests, "state"), ["pending", "success"]);
    accepted_by_github(&requests);
    let skipped = &host.deliveries().await[0];
    check_skipped(skipped, "the setting repoOwner comes out empty");
}

#[track_caller]
fn check_skipped(delivery: &Value, reason: &str) {
    assert_eq!(delivery["state"], "skipped", "{delivery}");
    assert!(delivery["reason"].as_str().expect("a reason").contains(reason), "{delivery}");
}

#[tokio::test]
async fn what_is_no_commit_at_github_stands_among_the_deliveries() {
    let (host, sink) = start("").await;
    host.acme_request(&[acme_source(REPOSITORY, None)], json!({})).await;
    host.acme_request(&[acme_source("/srv/belfry.git", Some("abc"))], json!({})).await;
    host.settle().await;
    let deliveries = host.deliveries().await;
    check_skipped(&deliveries[0], "the source stamp has no revision");
    check_skipped(&deliveries[1], "\"/srv/belfry.git\" names no repository at a forge");
    assert_eq!((deliveries.len(), sink.count()), (2, 0));
}

#[tokio::test]
async fn a_request_that_gets_no_build_does_not_stay_pending() {
    let (host, sink) = start("").await;
    let cancelled = host.acme_request(&[source()], json!({})).await;
    let merged = host.acme_request(&[acme_source(REPOSITORY, Some("abc123"))], json!({})).await;
    host.settle().await;
    let cancel = json!({"jsonrpc": "2.0", "id": 1, "method": "cancel", "params": {"reason": "no more"}});
    let (status, body) = host.post(&format!("buildrequests/{}", cancelled.request), &cancel).await;
    assert!(status.is_success(), "{body}");
    host.update("completeBuildRequests", json!({"brids": [merged.request], "results": 3})).await;
    host.settle().await;
    let requests = sink.received();
    assert_eq!(each(&requests, "state"), ["pending", "pending", "error", "error"]);
    let told = ["Build pending.", "Build pending.", "Build cancelled.", "Build skipped."];
    assert_eq!(each(&requests, "description"), told);
    accepted_by_github(&requests);
}

#[tokio::test]
async fn what_took_a_request_along_tells_of_both() {
    let (host, sink) = start("").await;
    let along = host.acme_request(&[source()], json!({})).await;
    host.acme_request(&[source()], json!({})).await;
    host.settle().await;
    host.update("completeBuildRequests", json!({"brids": [along.request], "results": 3})).await;
    host.settle().await;
    assert_eq!(each(&sink.received(), "state"), ["pending", "pending"]);
}

#[tokio::test]
async fn a_build_that_is_tried_again_is_pending_till_the_last() {
    let (host, sink) = start("").await;
    let mut build = host.acme_request(&[source()], json!({})).await;
    for results in [5, 0] {
        host.settle().await;
        host.acme_start(&mut build, json!({})).await;
        host.settle().await;
        host.update("finishBuild", json!({"buildid": build.build, "results": results})).await;
    }
    host.update("completeBuildRequests", json!({"brids": [build.request], "results": 0})).await;
    host.settle().await;
    assert_eq!(each(&sink.received(), "state"), ["pending", "pending", "pending", "pending", "success"]);
}

#[tokio::test]
async fn a_long_description_is_cut_where_github_would_refuse_it() {
    let (host, sink) = start(&format!("endDescription = \"{}\"", "ä".repeat(200))).await;
    host.acme_build(&[source()], json!({}), 0).await;
    let said = json(sink.received().last().expect("a request"));
    assert_eq!(said["description"].as_str().expect("a text").chars().count(), 140);
}

#[tokio::test]
async fn what_github_says_to_a_refused_status_is_shown() {
    let (host, sink) = start("").await;
    let answer = r#"{"message":"This SHA and context has reached the maximum number of statuses."}"#;
    sink.answer_always(Answer::status(422).body(answer));
    host.acme_request(&[source()], json!({})).await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], &delivery["attempts"][0]["answer"]), (&json!("dead"), &json!(answer)));
}

#[tokio::test]
async fn a_test_report_says_that_it_is_of_no_commit() {
    let (host, sink) = start("").await;
    let told = campanile(&["reporter", "test", "github", "--server", &host.url]).await.differs();
    assert!(told.contains("skipped") && told.contains("there is no repository URL"), "{told}");
    assert_eq!(sink.count(), 0);
}
