//! Comments on pull requests of Bitbucket Server: each once.

use super::json;
use super::targets;
use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_sinks::HttpSink;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::acme_source;
use serde_json::Value;
use serde_json::json;

const PULL_REQUEST: &str = "/rest/api/1.0/projects/P/repos/R/pull-requests/7";

fn setup(sink: &HttpSink) -> Setup {
    let settings = "base_url = \"{here}\"\nuser = \"ci\"\npassword = \"token\"";
    Setup::default().acme("bitbucket-server-pr", sink.port(), settings)
}

async fn sink() -> HttpSink {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer_always(Answer::status(201));
    sink
}

async fn build(host: &TestHost, url: &str) {
    let properties = json!({"pullrequesturl": [url, "Change"]});
    host.acme_build(&[acme_source("https://bbs/scm/o/r.git", Some("d34db33f"))], properties, 2).await;
}

const PAGE: &str = "https://bbs/projects/P/repos/R/pull-requests/7";

/// What stands before the marker, and the marker.
fn comment(body: &Value) -> (&str, &str) {
    let text = body["text"].as_str().expect("a text");
    text.rsplit_once("\n\n[//]: # (").expect("a marker")
}

#[tokio::test]
async fn the_example_on_the_wire() {
    let sink = sink().await;
    let host = setup(&sink).start_acme().await;
    build(&host, PAGE).await;
    let requests = sink.received();
    assert_eq!(targets(&requests), [format!("POST {PULL_REQUEST}/comments")]);
    let body = json(&requests[0]);
    let (text, _) = comment(&body);
    let begins = "A failed build has been detected on builder Builder1 while building proj.\n\n\
                  Full details are available at:\n    https://ci.example/#/builders/80/builds/1\n";
    assert!(text.starts_with(begins), "{text}");
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(1));
}

#[tokio::test]
async fn a_comment_that_may_have_arrived_is_looked_for_and_not_repeated() {
    for arrived in [true, false] {
        let sink = sink().await;
        sink.answer(Answer::default().fault(HttpFault::Drop));
        let host = setup(&sink).schedule(&[0, 600, 0, 0]).start_acme().await;
        let told = async {
            let said = json(&sink.wait_for(1).await[0]);
            let activities = if arrived { json!([{"action": "COMMENTED", "comment": said}]) } else { json!([]) };
            sink.answer(Answer::default().body(json!({"values": activities}).to_string()));
        };
        tokio::join!(build(&host, PAGE), told);
        host.settle().await;
        let (post, ask) = (format!("POST {PULL_REQUEST}/comments"), format!("GET {PULL_REQUEST}/activities?limit=100"));
        let expected = if arrived { vec![post, ask] } else { vec![post.clone(), ask, post] };
        assert_eq!(targets(&sink.received()), expected);
        assert_eq!(host.deliveries().await[0]["state"], "delivered");
    }
}

#[tokio::test]
async fn what_is_no_pull_request_stands_among_the_deliveries() {
    let sink = sink().await;
    let host = setup(&sink).start_acme().await;
    build(&host, "https://bbs/projects/P").await;
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], sink.count()), (&json!("skipped"), 0));
    let reason = delivery["reason"].as_str().expect("a reason");
    assert!(reason.contains("\"https://bbs/projects/P\", which is no pull request's"), "{reason}");
}
