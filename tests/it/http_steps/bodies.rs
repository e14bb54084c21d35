//! Bodies that are cut, break off, or never end, and secrets where they do.

use super::host;
use super::log;
use super::sink;
use super::step;
use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use serde_json::json;

const KIB: usize = 1024;

#[tokio::test]
async fn a_body_that_breaks_off_or_stalls_is_an_exception() {
    let sink = sink().await;
    let host = host(&sink).await;
    let url = format!("http://127.0.0.1:{}/", sink.port());
    for (number, fault, said) in [
        (0, HttpFault::DropInBody, "the answer broke off"),
        (1, HttpFault::StallInBody, "the whole exchange took longer than 0.5 s"),
    ] {
        sink.answer(Answer::status(200).body("half, and s3cr3t").fault(fault));
        let arguments = json!({"url": url, "timeout": 0.5, "headers": {"X-Token": "%(secret:deploy)s"}});
        let (_, answer) = step(&host, &arguments).await;
        let result = &answer["result"];
        assert_eq!(
            (&result["results"], &result["state_string"]),
            (&json!(4), &json!("Requested (exception)")),
            "{answer}"
        );
        let log = log(&host, number, "log").await;
        assert!(log.contains("\noStatus: 200\n") && log.contains("\nohalf, and \n"), "{log}");
        assert!(log.ends_with(&format!("eAn exception occurred while performing the request: {said}\n")), "{log}");
    }
}

#[tokio::test]
async fn all_bodies_together_have_one_budget() {
    let sink = sink().await;
    let host = host(&sink).await;
    let url = format!("http://127.0.0.1:{}/", sink.port());
    for _ in 0..2 {
        sink.answer(Answer::status(302).header("location", "/next").body("a".repeat(48 * KIB)));
    }
    sink.answer(Answer::status(200).body("b".repeat(2 * KIB * KIB)));
    let (_, answer) = step(&host, &json!({"url": url})).await;
    assert_eq!(answer["result"]["results"], 0, "{answer}");
    let mut kept = Vec::new();
    for slug in ["content", "content_2", "content_3"] {
        let content = log(&host, 0, slug).await;
        kept.push(content.lines().next().map_or(0, |line| line.len() - 1));
        assert_eq!(content.contains("is not kept)"), slug != "content", "{slug}");
    }
    assert_eq!(kept, [48 * KIB, 16 * KIB, (KIB - 64) * KIB]);
}

#[tokio::test]
async fn a_secret_that_is_cut_in_two_is_not_told() {
    let sink = sink().await;
    let host = host(&sink).await;
    let url = format!("http://127.0.0.1:{}/?%(secret:deploy)s", sink.port());
    sink.answer(Answer::status(200).body("x".repeat(KIB * KIB - 7) + "s3cr3t-t0ken"));
    step(&host, &json!({"url": url})).await;
    for slug in ["log", "content"] {
        let told = log(&host, 0, slug).await;
        let end = told.get(told.len() - 100..).expect("a long text");
        assert!(end.ends_with("x\no(what came behind these 1048569 bytes is not kept)\n"), "{end}");
    }
}
