//! Plugins that crash, hang or are none: recorded with their reason, and nobody else is bothered.

use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use serde_json::json;

/// What is recorded of a reporter that behaves so, within these limits (the usual ones where none are given: on a busy
/// machine a tight limit is reached before the one that is meant).
async fn incident(behaviour: &str, limits: &str) -> serde_json::Value {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let host = Setup::default()
        .plugins(&["misbehaving"])
        .reporter("bad", "misbehaving", &format!("behaviour = \"{behaviour}\""))
        .mail("good", sink.port(), "")
        .toml(&format!("[plugins]\n{limits}\n"))
        .start()
        .await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!(sink.count(), 1, "others go on");
    let reporters = host.get("reporters").await;
    let bad =
        reporters["reporters"].as_array().expect("a list").iter().find(|r| r["name"] == "bad").expect("it is listed");
    bad["incidents"][0].clone()
}

#[tokio::test]
async fn a_panic_is_told_in_its_own_words() {
    let incident = incident("panic", "").await;
    assert_eq!((&incident["kind"], &incident["topic"]), (&json!("trap"), &json!("builds/1/finished")));
    assert!(incident["stderr"].as_str().expect("a text").contains("panicked"), "{incident}");
}

#[tokio::test]
async fn an_endless_loop_is_ended() {
    let incident = incident("loop", "cpu_ms = 50").await;
    assert_eq!(incident["kind"], "timeout");
    assert!(incident["reason"].as_str().expect("a text").ends_with("more than 50 ms ([plugins] cpu_ms)"), "{incident}");
}

#[tokio::test]
async fn a_long_sleep_is_ended() {
    let incident = incident("sleep", "timeout_ms = 400").await;
    assert_eq!(incident["kind"], "timeout");
    assert!(
        incident["reason"].as_str().expect("a text").ends_with("longer than 400 ms ([plugins] timeout_ms)"),
        "{incident}"
    );
}

#[tokio::test]
async fn too_much_memory_is_told_as_such() {
    let incident = incident("memory", "").await;
    assert_eq!(incident["kind"], "memory");
    assert!(incident["reason"].as_str().expect("a text").ends_with("([plugins] memory_bytes)"), "{incident}");
}

#[tokio::test]
async fn an_answer_against_the_contract_is_refused() {
    let incident = incident("invalid-json", "").await;
    assert_eq!(incident["kind"], "refused");
}
