//! Calls with an idempotency key: the request is made once, however often it is asked for.

use super::host;
use super::log;
use super::sink;
use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_sinks::HttpSink;
use serde_json::Value;
use serde_json::json;
use tokio::task::JoinHandle;

/// A call under a key: its status, whether it was answered before, and its answer.
pub(super) async fn keyed(url: &str, key: &str, arguments: &Value) -> (u16, bool, Value) {
    let request = reqwest::Client::new().post(format!("{url}/api/v2/builds/1/http_steps"));
    let request = request.header("content-type", "application/json").header("idempotency-key", key);
    let answer = request.body(arguments.to_string()).send().await.expect("an answer");
    let replayed = answer.headers().get("idempotency-replayed").is_some_and(|value| value == "true");
    let status = answer.status().as_u16();
    (status, replayed, serde_json::from_str(&answer.text().await.expect("a text")).expect("JSON"))
}

/// Asks with the key `deploy`. The server has the request, and holds its answer.
pub(super) async fn held(sink: &HttpSink, url: &str) -> (Value, JoinHandle<(u16, bool, Value)>) {
    sink.answer(Answer::status(200).fault(HttpFault::Hold));
    let arguments = json!({"url": format!("http://127.0.0.1:{}/", sink.port())});
    let (url, asked) = (url.to_owned(), arguments.clone());
    let asking = tokio::spawn(async move { keyed(&url, "deploy", &asked).await });
    sink.until(1).await;
    (arguments, asking)
}

#[tokio::test]
async fn a_repeated_key_is_answered_with_the_step_that_was_made() {
    let sink = sink().await;
    let host = host(&sink).await;
    sink.answer(Answer::status(404));
    let arguments = json!({"url": format!("http://127.0.0.1:{}/", sink.port())});
    let (status, replayed, first) = keyed(&host.url, "deploy 1", &arguments).await;
    assert_eq!((status, replayed, &first["result"]["status"]), (200, false, &json!(404)), "{first}");
    let other = json!({"url": format!("http://127.0.0.1:{}/other", sink.port())});
    let (status, _, refused) = keyed(&host.url, "deploy 1", &other).await;
    assert!(status == 422 && refused["error"].as_str().is_some_and(|said| said.contains("\"deploy 1\"")), "{refused}");
    // Also where it could not be made any more.
    host.update("finishBuild", json!({"buildid": 1, "results": 0})).await;
    assert_eq!(keyed(&host.url, "deploy 1", &arguments).await, (200, true, first));
    let (status, ..) = keyed(&host.url, "deploy 2", &arguments).await;
    assert_eq!((status, sink.count()), (400, 1));
}

#[tokio::test]
async fn a_key_whose_step_is_under_way_says_so() {
    let sink = sink().await;
    let host = host(&sink).await;
    let (arguments, asking) = held(&sink, &host.url).await;
    let (status, _, answer) = keyed(&host.url, "deploy", &arguments).await;
    assert_eq!(status, 409);
    assert_eq!(
        answer["error"],
        "step 1 is under way under this Idempotency-Key: send the call again when it has ended"
    );
    sink.release(1);
    let (status, _, first) = asking.await.expect("it is answered");
    assert_eq!((status, &first["result"]["results"]), (200, &json!(0)), "{first}");
    assert_eq!(keyed(&host.url, "deploy", &arguments).await, (200, true, first));
    assert_eq!(sink.count(), 1);
}

#[tokio::test]
async fn a_step_that_somebody_else_ended_is_answered_all_the_same() {
    let sink = sink().await;
    let host = host(&sink).await;
    let (arguments, asking) = held(&sink, &host.url).await;
    host.update("finishStep", json!({"stepid": 1, "results": 6, "hidden": false})).await;
    sink.release(1);
    let (status, _, first) = asking.await.expect("it is answered");
    assert_eq!((status, &first["result"]["results"]), (200, &json!(0)), "{first}");
    assert_eq!(keyed(&host.url, "deploy", &arguments).await, (200, true, first));
    assert_eq!(host.get("steps/1").await["steps"][0]["results"], 6);
    let said = log(&host, 0, "log").await;
    assert_eq!(
        said,
        "ethe log of the step is left out: call 4 of the batch (finishStep): \
        invalid parameter stepid: step 1 is finished already\n"
    );
}

#[tokio::test]
async fn a_step_is_ended_when_the_disk_takes_it_again() {
    let sink = sink().await;
    let host = host(&sink).await;
    let (arguments, asking) = held(&sink, &host.url).await;
    let until = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_millis() + 500;
    let database = rusqlite::Connection::open(host.setup.folder().join("campanile.db")).expect("a database");
    let failing = format!(
        "CREATE TRIGGER full BEFORE UPDATE ON steps WHEN (julianday('now') - 2440587.5) * 86400000 < {until}
         BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    );
    database.execute_batch(&failing).expect("a trigger");
    sink.release(1);
    let (status, _, first) = asking.await.expect("it is answered");
    assert_eq!((status, &first["result"]["results"]), (200, &json!(0)), "{first}");
    assert_eq!(host.get("steps/1").await["steps"][0]["results"], 0);
    assert_eq!(host.get("steps/1/logs").await["meta"]["total"], 2);
    assert_eq!(keyed(&host.url, "deploy", &arguments).await, (200, true, first));
    assert_eq!(sink.count(), 1);
}
