//! Order: one under way in a lane, the oldest first, and newer ones in the place of those that did not arrive.

use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_tests::Setup;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;

async fn start(sink: &HttpSink, deliveries: &str) -> campanile_tests::TestHost {
    Setup::scripted(sink.port(), &format!("deliveries = [{deliveries}]")).start().await
}

fn numbers(sink: &HttpSink) -> Vec<i64> {
    let number =
        |text: String| serde_json::from_str::<Value>(&text).expect("JSON")["build"].as_i64().expect("a number");
    sink.received().into_iter().map(|request| number(request.text())).collect()
}

/// What comes first is answered late.
async fn slow_first() -> HttpSink {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer { delay: Duration::from_millis(400), ..Answer::default() });
    sink
}

#[tokio::test]
async fn a_lane_keeps_its_order() {
    let sink = slow_first().await;
    let host = start(&sink, "{key = \"a\", lane = \"l\"}").await;
    for _ in 0..5 {
        host.finished_build("linux", 0).await;
    }
    host.settle().await;
    assert_eq!(numbers(&sink), [1, 2, 3, 4, 5]);
    let requests = sink.received();
    let waited = requests[1].at - requests[0].at;
    assert!(waited >= Duration::from_millis(400), "the second waits for the first: {waited:?}");
}

#[tokio::test]
async fn without_a_lane_nobody_waits() {
    let sink = slow_first().await;
    let host = start(&sink, "{key = \"a\"}").await;
    host.finished_build("linux", 0).await;
    sink.wait_for(1).await;
    host.finished_build("linux", 0).await;
    let requests = sink.wait_for(2).await;
    assert!(requests[1].at - requests[0].at < Duration::from_millis(390));
    host.settle().await;
}

#[tokio::test]
async fn a_head_that_fails_is_tried_again_before_the_next() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer::status(500));
    let host = start(&sink, "{key = \"a\", lane = \"l\"}").await;
    host.finished_build("linux", 0).await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!(numbers(&sink), [1, 1, 2]);
}

#[tokio::test]
async fn a_dead_head_lets_the_next_go() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer::status(422));
    let host = start(&sink, "{key = \"a\", lane = \"l\"}").await;
    host.finished_build("linux", 0).await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!(numbers(&sink), [1, 2]);
}

#[tokio::test]
async fn a_newer_one_takes_the_place_of_what_was_never_tried() {
    let sink = slow_first().await;
    let host = start(&sink, "{key = \"a\", lane = \"l\", replace = \"status\", receipt = true}").await;
    host.finished_build("linux", 0).await;
    sink.wait_for(1).await;
    for _ in 0..3 {
        host.finished_build("linux", 0).await;
    }
    host.settle().await;
    let deliveries = host.deliveries().await;
    let of_builds = deliveries.iter().filter(|delivery| delivery["key"] == "a");
    let states: Vec<&Value> = of_builds.map(|delivery| &delivery["state"]).collect();
    assert_eq!(states, [&json!("delivered"), &json!("superseded"), &json!("superseded"), &json!("delivered")]);
    let texts: Vec<Value> =
        sink.received().iter().map(|request| serde_json::from_str(&request.text()).expect("JSON")).collect();
    let outcomes = |outcome: &str| texts.iter().filter(|text| text["outcome"] == outcome).count();
    assert_eq!((outcomes("Outcome::Done"), outcomes("Outcome::Superseded")), (2, 2));
}

#[tokio::test]
async fn a_newer_one_does_not_wait_for_what_failed_to_arrive() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer::status(503));
    let settings = "deliveries = [{key = \"a\", lane = \"l\", replace = \"status\"}]";
    let host = Setup::scripted(sink.port(), settings).schedule(&[0, 3_600_000]).start().await;
    host.finished_build("linux", 0).await;
    sink.wait_for(1).await;
    host.finished_build("linux", 0).await;
    sink.wait_for(2).await;
    host.settle().await;
    let states: Vec<Value> = host.deliveries().await.into_iter().map(|delivery| delivery["state"].clone()).collect();
    assert_eq!(states, ["superseded", "delivered"]);
    assert_eq!(numbers(&sink), [1, 2]);
}

#[tokio::test]
async fn one_that_is_retried_by_hand_waits_for_who_is_under_way() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer::status(422));
    let host = start(&sink, "{key = \"a\", lane = \"l\"}").await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    sink.answer(Answer { delay: Duration::from_millis(600), ..Answer::default() });
    host.finished_build("linux", 0).await;
    sink.wait_for(2).await;
    // The dead first is sent again, before those that are newer: still only one is under way.
    let retry = json!({"jsonrpc": "2.0", "id": 1, "method": "retry", "params": {}});
    assert!(host.post("deliveries/1", &retry).await.0.is_success());
    host.finished_build("linux", 0).await;
    host.rendered().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert!(host.deliveries().await.iter().all(|delivery| delivery["state"] == "delivered"));
    assert_eq!(numbers(&sink), [1, 2, 1, 3, 4]);
}

#[tokio::test]
async fn what_a_newer_one_has_overtaken_is_not_retried_by_hand() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer::status(422));
    let host = start(&sink, "{key = \"a\", lane = \"l\", replace = \"status\"}").await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    sink.answer(Answer::status(422));
    host.finished_build("linux", 0).await;
    host.settle().await;
    let retry = json!({"jsonrpc": "2.0", "id": 1, "method": "retry", "params": {}});
    // Neither has arrived, so each may be tried again; the first not after the second.
    assert!(host.post("deliveries/2", &retry).await.0.is_success());
    host.settle().await;
    let (status, body) = host.post("deliveries/1", &retry).await;
    assert_eq!(status, 400, "{body}");
    host.settle().await;
    assert_eq!(numbers(&sink), [1, 2, 2]);
}
