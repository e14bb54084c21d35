//! Appends that end before their bodies: their caller may no more, or the host stops. What came whole is kept.

use campanile_tests::Setup;
use campanile_tests::TestHost;
use reqwest::Body;
use reqwest::Response;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio_util::io::ReaderStream;

/// Bytes of a body that may be under way.
const PIPE_BYTES: usize = 1024;

type Answer = JoinHandle<reqwest::Result<Response>>;

async fn host_with_log() -> (TestHost, i64) {
    let host = Setup::default().start().await;
    host.finished_build("linux", 0).await;
    let log = host.update("addLog", json!({"stepid": 1, "name": "out", "type": "t"})).await;
    (host, log.as_i64().expect("an id"))
}

/// An append whose body goes on: one line of it is on disk, and half of the next has come.
async fn begun(host: &TestHost, log: i64, token: &str) -> (DuplexStream, Answer) {
    let (mut lines, body) = tokio::io::duplex(PIPE_BYTES);
    let mut request = host.client.post(format!("{}/api/v2/logs/{log}/append", host.url));
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    let request = request.header("content-type", "application/octet-stream; charset=binary");
    let mut bell = host.bell();
    let answer = tokio::spawn(request.body(Body::wrap_stream(ReaderStream::new(body))).send());
    lines.write_all(b"whole\nhal").await.expect("it is sent");
    host.told(&mut bell).await;
    (lines, answer)
}

/// Status, error and numbers.
async fn ended(answer: Answer) -> (u16, String, Value) {
    let answer = answer.await.expect("it is asked").expect("an answer");
    let status = answer.status().as_u16();
    let mut body: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
    let error = body["error"].take();
    (status, error.as_str().unwrap_or_default().to_owned(), body)
}

fn whole_line() -> Value {
    json!({"first_line": 0, "appended": 1, "num_lines": 1, "replaced": 0, "cut": 0, "error": null})
}

#[tokio::test]
async fn a_revoked_token_writes_no_more_through_an_open_append() {
    let (host, log) = host_with_log().await;
    let (status, made) = host.post("tokens", &json!({"name": "ci", "scopes": ["update", "admin"]})).await;
    assert!(status.is_success(), "{made}");
    let token = made["token"].as_str().expect("a token");
    let (lines, answer) = begun(&host, log, token).await;
    let revoke = host.client.delete(format!("{}/api/v2/tokens/ci", host.url)).bearer_auth(token);
    assert_eq!(revoke.send().await.expect("an answer").status(), 200);
    let (status, error, numbers) = ended(answer).await;
    assert_eq!((status, numbers), (401, whole_line()), "{error}");
    assert!(error.contains("revoked"), "{error}");
    assert_eq!(host.get(&format!("logs/{log}")).await["logs"][0]["num_lines"], 1);
    drop(lines);
}

#[tokio::test]
async fn a_host_that_stops_ends_open_appends_with_what_they_have() {
    let (host, log) = host_with_log().await;
    let (lines, answer) = begun(&host, log, "").await;
    let setup = host.stop().await;
    let (status, error, numbers) = ended(answer).await;
    assert_eq!((status, numbers), (503, whole_line()), "{error}");
    assert!(error.contains("stopping"), "{error}");
    let host = setup.start().await;
    assert_eq!(host.get(&format!("logs/{log}")).await["logs"][0]["num_lines"], 1);
    drop(lines);
}
