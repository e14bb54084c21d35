//! Statuses at Bitbucket Cloud, and the tokens for them.

use super::each;
use super::json;
use super::targets;
use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_tests::BUILD_URL;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::acme_source;
use serde_json::Value;
use serde_json::json;

async fn start() -> (TestHost, HttpSink) {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer_always(Answer::status(201));
    let settings = "oauth_key = \"consumer\"\noauth_secret = \"token\"\nbase_url = \"{here}/2.0/repositories\"\n\
        oauth_url = \"{here}/site/oauth2/access_token\"";
    let host = Setup::default().acme("bitbucket", sink.port(), settings).start_acme().await;
    (host, sink)
}

fn source() -> Value {
    acme_source("git@bitbucket.org:o/r.git", Some("d34db33f"))
}

fn token(token: &str) -> Answer {
    let body = json!({"access_token": token, "token_type": "bearer", "expires_in": 7200});
    Answer::default().header("content-type", "application/json").body(body.to_string())
}

const TOKEN: &str = "POST /site/oauth2/access_token";
const STATUS: &str = "POST /2.0/repositories/o/r/commit/d34db33f/statuses/build";

#[tokio::test]
async fn the_example_on_the_wire() {
    let (host, sink) = start().await;
    sink.answer(token("t1"));
    host.acme_build(&[source()], json!({}), 2).await;
    let requests = sink.received();
    assert_eq!(targets(&requests), [TOKEN, STATUS, STATUS], "one token does for both");
    assert_eq!(requests[0].text(), "grant_type=client_credentials");
    // consumer:tower-of-bells
    let basic = "Basic Y29uc3VtZXI6dG93ZXItb2YtYmVsbHM=";
    assert_eq!(requests[0].header("authorization"), Some(basic));
    assert!(requests[1..].iter().all(|request| request.header("authorization") == Some("Bearer t1")));
    let said = |state: &str| json!({"state": state, "key": "83c03e9f4e8c4e12ed889cfa61ad5cf2c08e6149", "name": "Builder1", "description": "", "url": BUILD_URL});
    assert_eq!([json(&requests[1]), json(&requests[2])], [said("INPROGRESS"), said("FAILED")]);
    assert_eq!(each(&requests[1..], "state"), ["INPROGRESS", "FAILED"]);
}

#[tokio::test]
async fn a_token_that_bitbucket_no_longer_takes_is_got_anew() {
    let (host, sink) = start().await;
    sink.answer(token("t1"));
    sink.answer(Answer::status(201));
    sink.answer(Answer::status(401));
    sink.answer(token("t2"));
    host.acme_build(&[source()], json!({}), 0).await;
    assert_eq!(targets(&sink.received()), [TOKEN, STATUS, STATUS, TOKEN, STATUS]);
    assert_eq!(sink.received()[4].header("authorization"), Some("Bearer t2"));
    let states: Vec<Value> = host.deliveries().await.into_iter().map(|mut d| d["state"].take()).collect();
    assert_eq!(states, ["delivered", "delivered"]);
}
