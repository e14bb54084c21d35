//! Steps that may not go where they are sent, and steps of a host that stops.

use super::host;
use super::log;
use super::raw;
use super::sink;
use super::step;
use super::with_build;
use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_tests::Setup;
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn an_opening_for_somebody_else_is_none_for_steps() {
    let (sink, listed) = (sink().await, sink().await);
    let (shut, open) = (sink.port(), listed.port());
    let setup = Setup::default().allow(format!("127.0.0.1:{shut}")).allow(format!("127.0.0.1:{open}"));
    let host = with_build(setup.toml(&format!("[[http_step]]\norigin = \"http://127.0.0.1:{open}\"\n"))).await;
    let check = async |number: i64, url: String, results: i64| {
        let (_, answer) = step(&host, &json!({"url": url, "method": "GET"})).await;
        assert_eq!(answer["result"]["results"], results, "{answer}");
        log(&host, number, "log").await
    };
    let said = check(0, format!("http://127.0.0.1:{shut}/"), 2).await;
    let remedy = format!("[[http_step]] with origin = \"http://127.0.0.1:{shut}\" is there as well\n");
    assert!(said.ends_with(&remedy), "{said}");
    check(1, format!("http://127.0.0.1:{open}/"), 0).await;
    listed.answer(Answer::status(302).header("location", &format!("http://127.0.0.1:{shut}/")));
    let said = check(2, format!("http://127.0.0.1:{open}/"), 2).await;
    assert!(said.ends_with(&remedy), "{said}");
    assert_eq!((sink.count(), listed.count()), (0, 2));
}

#[tokio::test]
async fn what_is_no_place_for_a_request_is_told_without_its_password() {
    let sink = sink().await;
    let host = host(&sink).await;
    let url = format!("http://127.0.0.1:{}/", sink.port());
    sink.answer(Answer::status(302).header("location", "http://me:hunter2@127.0.0.1/"));
    let hide = json!({"url": url, "hide_response_headers": ["location"]});
    let (_, answer) = step(&host, &hide).await;
    assert_eq!(answer["result"]["results"], 4, "{answer}");
    let said = log(&host, 0, "log").await;
    assert!(said.contains("http://127.0.0.1 is, as it is written, no place") && !said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_host_that_stops_ends_its_steps() {
    let sink = sink().await;
    let host = Arc::new(host(&sink).await);
    let url = format!("http://127.0.0.1:{}/", sink.port());
    sink.answer(Answer::status(200).fault(HttpFault::Stall));
    let asking = {
        let (host, body) = (Arc::clone(&host), json!({"url": url}).to_string());
        tokio::spawn(async move { raw(&host, body).await })
    };
    sink.until(1).await;
    asking.abort();
    assert!(asking.await.is_err_and(|error| error.is_cancelled()));
    let host = Arc::into_inner(host).expect("nobody else has it").stop().await.start().await;
    let found = host.get("steps/1").await["steps"][0].clone();
    assert_eq!((&found["complete"], &found["results"]), (&json!(true), &json!(4)), "{found}");
    let said = log(&host, 0, "log").await;
    assert!(said.ends_with("eAn exception occurred while performing the request: the host stopped\n"), "{said}");
}
