//! A late state never follows a final one: over retries, and over the end of the process.

use super::each;
use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use campanile_tests::acme_source;
use serde_json::json;
use std::time::Duration;

const SETTINGS: &str = "token = \"token\"\nbaseURL = \"{here}\"";

fn source() -> serde_json::Value {
    acme_source("https://github.com/o/r.git", Some("d34db33f"))
}

#[tokio::test]
async fn what_is_tried_again_goes_out_before_what_came_later() {
    let sink = HttpSink::start(None).await.expect("a server");
    // The request's state is on its way while the build starts and ends.
    sink.answer(Answer { delay: Duration::from_millis(400), ..Answer::status(500) });
    let setup = Setup::default().acme("github", sink.port(), SETTINGS).schedule(&[0, 100, 100, 100]);
    let host = setup.start_acme().await;
    let mut build = host.acme_request(&[source()], json!({})).await;
    sink.wait_for(1).await;
    host.acme_start(&mut build, json!({})).await;
    host.acme_end(&build, 2).await;
    host.settle().await;
    let told = each(&sink.received(), "description");
    assert_eq!(told, ["Build pending.", "Build pending.", "Build done."], "what was never tried gives way");
    let deliveries = host.deliveries().await;
    let states: Vec<_> = deliveries.iter().map(|delivery| delivery["state"].as_str().expect("a state")).collect();
    assert_eq!(states, ["delivered", "superseded", "delivered"]);
}

#[tokio::test]
async fn a_dead_state_that_is_retried_by_hand_does_not_follow_a_final_one() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer::status(422));
    let host = Setup::default().acme("github", sink.port(), SETTINGS).start_acme().await;
    host.acme_build(&[source()], json!({}), 0).await;
    assert_eq!(host.deliveries().await[0]["state"], "dead");
    let retry = json!({"jsonrpc": "2.0", "id": 1, "method": "retry", "params": {}});
    let (status, body) = host.post("deliveries/1", &retry).await;
    assert_eq!(status, 400, "{body}");
    host.settle().await;
    assert_eq!(each(&sink.received(), "state"), ["pending", "pending", "success"]);
}

#[tokio::test]
async fn a_start_that_is_told_late_is_told_as_the_end() {
    let sink = HttpSink::start(None).await.expect("a server");
    let host = Setup::default().acme("github", sink.port(), SETTINGS).start_acme().await;
    let build = host.acme_build(&[source()], json!({}), 2).await;
    host.update("generateNewBuildEvent", json!({"buildid": build.build})).await;
    host.settle().await;
    assert_eq!(each(&sink.received(), "state"), ["pending", "pending", "failure", "failure"]);
}

#[tokio::test]
async fn what_was_cancelled_is_not_pending_again() {
    let sink = HttpSink::start(None).await.expect("a server");
    let host = Setup::default().acme("github", sink.port(), SETTINGS).start_acme().await;
    let mut build = host.acme_request(&[source()], json!({})).await;
    // A state that is not sent yet gives way to a newer one.
    host.settle().await;
    let cancel = json!({"jsonrpc": "2.0", "id": 1, "method": "cancel", "params": {"reason": "no more"}});
    assert!(host.post(&format!("buildrequests/{}", build.request), &cancel).await.0.is_success());
    host.settle().await;
    host.acme_start(&mut build, json!({})).await;
    host.settle().await;
    assert_eq!(each(&sink.received(), "state"), ["pending", "error"]);
    host.update("finishBuild", json!({"buildid": build.build, "results": 0})).await;
    host.settle().await;
    assert_eq!(each(&sink.received(), "state"), ["pending", "error", "success"]);
}

#[tokio::test]
async fn killed_between_the_states_it_ends_with_the_final_one() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer { delay: Duration::from_secs(20), ..Answer::default() });
    let setup = Setup::default().acme("github", sink.port(), SETTINGS);
    let host = ProcessHost::start(&setup).await;
    let update = async |method: &str, params: serde_json::Value| {
        host.post(&format!("updates/{method}"), &params).await["result"].clone()
    };
    let builder = update("findBuilderId", json!({"name": "Builder1"})).await;
    let set = json!({"waited_for": false, "builderids": [builder], "sourcestamps": [source()]});
    let request = update("addBuildset", set).await["brids"][builder.to_string()].clone();
    sink.wait_for(1).await;
    let build = update("addBuild", json!({"builderid": builder, "buildrequestid": request})).await["buildid"].clone();
    update("generateNewBuildEvent", json!({"buildid": build})).await;
    update("finishBuild", json!({"buildid": build, "results": 2})).await;
    host.kill().await;
    let host = setup.start().await;
    host.settle().await;
    let told = each(&sink.received(), "state");
    assert_eq!(told.last().map(String::as_str), Some("failure"), "{told:?}");
    assert!(told.iter().filter(|state| *state == "failure").count() == 1, "{told:?}");
    let states: Vec<_> = host.deliveries().await.iter().map(|delivery| delivery["state"].clone()).collect();
    assert_eq!(states.last(), Some(&json!("delivered")), "{states:?}");
}
