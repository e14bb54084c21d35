//! Pushes that do not go as they should: servers that fail, hosts that die, formatters that make no JSON.

use super::json_of;
use super::setup;
use super::sink;
use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use campanile_tests::campanile_with;
use campanile_tests::finished_build;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_push_that_fails_is_tried_again_in_its_order_and_with_its_id() {
    let sink = sink().await;
    sink.answer(Answer::status(503));
    sink.answer(Answer::status(200).fault(HttpFault::Drop));
    let host = setup(&sink, "").start().await;
    host.finished_build("linux", 2).await;
    host.settle().await;
    let received = sink.received();
    let complete: Vec<Value> = received.iter().map(|request| json_of(request)["complete"].clone()).collect();
    assert_eq!(complete, [false, false, false, true], "the end waits for the start");
    let ids: Vec<_> = received.iter().map(|request| request.header("webhook-id")).collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "{ids:?}");
    let attempts = &host.deliveries().await[0]["attempts"];
    let outcomes: Vec<&Value> = attempts.as_array().expect("a list").iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["failed", "unknown", "done"]);
}

#[tokio::test]
async fn a_host_that_is_killed_sends_the_push_again_under_the_same_id() {
    let sink = sink().await;
    sink.answer(Answer { delay: Duration::from_secs(20), ..Answer::default() });
    let setup = setup(&sink, "");
    let host = ProcessHost::start(&setup).await;
    let builder = host.post("updates/findBuilderId", &json!({"name": "linux"})).await["result"].as_i64();
    host.post("updates", &finished_build(builder.expect("an id"), 2)).await;
    sink.wait_for(1).await;
    host.kill().await;
    let host = setup.start().await;
    host.settle().await;
    let received = sink.received();
    assert_eq!(received.len(), 3);
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    assert_eq!(received[0].body, received[1].body);
}

#[tokio::test]
async fn a_refusal_shows_what_was_answered() {
    let sink = sink().await;
    let answer = format!("{{\n  \"error\": \"{}\"\n}}", "no such board ".repeat(200));
    sink.answer_always(Answer::status(422).body(answer.clone()));
    let setup = setup(&sink, "");
    let host = ProcessHost::start(&setup).await;
    let builder = host.post("updates/findBuilderId", &json!({"name": "linux"})).await["result"].as_i64();
    host.post("updates", &finished_build(builder.expect("an id"), 2)).await;
    sink.wait_for(2).await;
    assert_eq!(host.terminate().await, Some(0));
    let host = ProcessHost::start(&setup).await;
    let shown = host.get("deliveries/1").await["deliveries"][0].clone();
    assert_eq!((&shown["state"], &shown["attempts"][0]["status"]), (&json!("dead"), &json!(422)));
    assert_eq!(shown["attempts"][0]["answer"], json!(answer));
    let reason = shown["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("answered 422 Unprocessable Entity: { \"error\": \"no such board no such"), "{reason}");
    assert!((1024..1100).contains(&reason.len()), "a kilobyte of it: {}", reason.len());
    let said = campanile_with(&[("CAMPANILE_SERVER", &host.url)], &["delivery", "show", "1"]).await.succeeds();
    assert!(said.contains("no such board"), "{said}");
    host.terminate().await;
}

/// What a formatter answers that is not what a push can be made of, and what stands among the deliveries.
#[tokio::test]
async fn a_format_fn_that_makes_no_json_is_skipped_with_the_reason() {
    for (plugin, settings, reason) in [
        ("short", "\"short\"", "the formatter answers no JSON, but \"STATUS: Failure\""),
        (
            "misbehaving_formatter",
            "{plugin = \"misbehaving_formatter\", behaviour = \"panic\"}",
            "the formatter failed: ",
        ),
        (
            "misbehaving_formatter",
            "{plugin = \"misbehaving_formatter\", behaviour = \"nothing\"}",
            "the formatter failed: it has nothing to say",
        ),
        (
            "misbehaving_formatter",
            "{plugin = \"misbehaving_formatter\", behaviour = \"invalid-json\"}",
            "the formatter failed: ",
        ),
    ] {
        let sink = sink().await;
        let settings = format!("format_fn = {settings}");
        let host = setup(&sink, &settings).plugins(&[plugin]).start().await;
        host.finished_build("linux", 2).await;
        host.settle().await;
        let deliveries = host.deliveries().await;
        assert_eq!((deliveries.len(), sink.count()), (2, 0));
        let last = &deliveries[1];
        assert_eq!((&last["state"], &last["reporter"]), (&json!("skipped"), &json!("push")));
        let said = last["reason"].as_str().expect("a reason");
        assert!(said.starts_with(reason), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_limits_the_rate_without_saying_for_how_long_is_left_alone() {
    let sink = sink().await;
    let limit = json!({"message": "You have exceeded a secondary rate limit. Please wait a few minutes."});
    sink.answer_always(Answer::status(403).body(limit.to_string()));
    let settings = format!("serverUrl = \"http://127.0.0.1:{}/\"\nauth = {{token = \"t\"}}", sink.port());
    let setup = setup(&sink, "").secret("t", "other token").reporter("other", "http-push", &settings);
    let mut host = setup.start().await;
    host.may_owe();
    host.finished_build("linux", 0).await;
    sink.wait_for(2).await;
    host.claimed(0).await;
    host.finished_build("linux", 0).await;
    host.rendered().await;
    // Those without the token, and those with it, are held by themselves: one attempt each, and none used up a try.
    assert_eq!(sink.count(), 2);
    let holds: Vec<(String, i64)> = {
        let database = host.database();
        let mut select = database.prepare("SELECT bucket, unsaid FROM holds ORDER BY bucket").expect("a statement");
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        rows.collect::<Result<_, _>>().expect("rows")
    };
    let origin = format!("http://127.0.0.1:{}", sink.port());
    assert_eq!(holds, [(origin.clone(), 1), (format!("{origin} t"), 1)]);
    for delivery in host.deliveries().await {
        assert!(delivery["tries"] == 0 && ["ready", "waiting"].contains(&delivery["state"].as_str().expect("a state")));
    }
}

#[tokio::test]
async fn the_settings_that_are_wrong_are_told_at_once() {
    let settings = "serverUrl = \"dashboard.example.org\"\nuser = \"ci\"\nverify = \"ca.pem\"\nsecret = \"missing\"\n\
                    wantPreviousBuilds = true\nformat_fn = \"nobody\"\nheaders = {X = \"%(prop:\"}";
    let refused = Setup::default().plugins(&["http-push"]).reporter("push", "http-push", settings).refused().await;
    for part in [
        "settings.serverUrl: invalid URL \"dashboard.example.org\"",
        "settings.verify: invalid tls-verify \"ca.pem\": expected a file's whole path",
        "settings.format_fn: ",
        "settings.headers.X: ",
        "user goes together with password",
        "wantPreviousBuilds",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
}

#[tokio::test]
async fn debug_logs_each_request_and_its_answer() {
    let sink = sink().await;
    sink.answer_always(Answer::status(202).body("thank you"));
    let host = setup(&sink, "debug = true").start().await;
    host.finished_build("linux", 2).await;
    host.settle().await;
    let logged = campanile_tests::logged();
    let lines = |said: &str| logged.lines().filter(|line| line.contains(said)).count();
    assert_eq!((lines("message=a push plugin"), lines("the answer to a push")), (2, 2), "{logged}");
    for part in ["outcome=done status=202 answer=thank you", "body={", "state_string"] {
        assert!(logged.contains(part), "{part}: {logged}");
    }
}
