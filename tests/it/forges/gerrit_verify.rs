//! Verifications in Gerrit.

use super::json;
use super::targets;
use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_tests::BUILD_URL;
use campanile_tests::Setup;
use campanile_tests::acme_source;
use serde_json::json;

#[tokio::test]
async fn a_change_is_verified_as_it_starts_and_as_it_ends() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer_always(Answer::status(204));
    let settings = "baseURL = \"{here}\"\nauth = [\"ci\", \"token\"]\ncategory = \"cat\"";
    let host = Setup::default().acme("gerrit-verify", sink.port(), settings).start_acme().await;
    let properties = json!({"event.change.number": [4321, "Change"], "event.patchSet.number": [2, "Change"]});
    host.acme_build(&[acme_source("ssh://g:29418/proj", Some("d34db33f"))], properties, 2).await;
    let requests = sink.received();
    assert_eq!(targets(&requests), ["POST /a/changes/4321/revisions/2/verify-status~verifications"; 2]);
    let said = |value: i64, comment: &str, duration: &str| {
        json!({"name": "Builder1", "value": value, "abstain": false,
        "comment": comment, "url": BUILD_URL, "reporter": "buildbot", "category": "cat", "duration": duration})
    };
    assert_eq!(json(&requests[0]), said(0, "Build started.", "pending"));
    assert_eq!(json(&requests[1]), said(-1, "Build done.", "0m 9s"));
    // ci:tower-of-bells
    assert_eq!(requests[0].header("authorization"), Some("Basic Y2k6dG93ZXItb2YtYmVsbHM="));
}

#[tokio::test]
async fn a_build_of_no_change_stands_among_the_deliveries() {
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = "baseURL = \"{here}\"\nauth = [\"ci\", \"token\"]";
    let host = Setup::default().acme("gerrit-verify", sink.port(), settings).start_acme().await;
    host.acme_build(&[acme_source("ssh://g:29418/proj", Some("d34db33f"))], json!({}), 0).await;
    let deliveries = host.deliveries().await;
    assert_eq!((deliveries.len(), sink.count()), (2, 0));
    assert!(deliveries.iter().all(|delivery| delivery["state"] == "skipped"), "{deliveries:?}");
}
