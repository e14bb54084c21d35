//! What a reporter does not send, and says why: it stands among the deliveries.

use campanile_sinks::HttpSink;
use campanile_tests::Setup;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

#[tokio::test]
async fn what_is_skipped_stands_with_the_deliveries_and_its_reason() {
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = "deliveries = [{key = \"a\"}]\nskip = \"the build has no revision\"";
    let host = Setup::scripted(sink.port(), settings).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!(sink.count(), 1);
    let found = host.get("deliveries?state=skipped").await;
    assert_eq!(found["meta"]["total"], 1);
    let id = found["deliveries"][0]["deliveryid"].clone();
    let shown = host.get(&format!("deliveries/{id}")).await["deliveries"][0].clone();
    assert_eq!(shown["reason"], "the build has no revision");
    assert_eq!((&shown["key"], &shown["destination"]), (&json!("skipped"), &json!("nowhere")));
    assert_eq!((&shown["message"], &shown["attempts"]), (&Value::Null, &json!([])));
    assert!(shown["settled_at_ms"].is_number());
    let (status, said) =
        host.post(&format!("deliveries/{id}"), &json!({"jsonrpc": "2.0", "id": 1, "method": "retry"})).await;
    assert_ne!(status, StatusCode::OK, "there is nothing to send: {said}");
}

#[tokio::test]
async fn a_restart_skips_nothing_again() {
    let sink = HttpSink::start(None).await.expect("a server");
    let host = Setup::scripted(sink.port(), "skip = \"no\"").start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let host = host.stop().await.start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!(host.get("deliveries?state=skipped").await["meta"]["total"], 2);
}
