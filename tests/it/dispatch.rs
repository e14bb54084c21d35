//! From effects to the outside: what is permitted, tried again, asked for first, and told back.

use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_sinks::HttpSink;
use campanile_sinks::SmtpFault;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use serde_json::Value;
use serde_json::json;

/// A scripted reporter that sends to the sink.
fn scripted(sink: &HttpSink, settings: &str) -> Setup {
    let url = format!("url = \"http://127.0.0.1:{}\"\n{settings}", sink.port());
    Setup::default()
        .plugins(&["scripted"])
        .allow(format!("127.0.0.1:{}", sink.port()))
        .reporter("script", "scripted", &url)
}

async fn sink() -> HttpSink {
    HttpSink::start(None).await.expect("a server")
}

fn targets(sink: &HttpSink) -> Vec<String> {
    sink.received().into_iter().map(|request| request.target).collect()
}

fn states(deliveries: &[Value]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery["state"].as_str().expect("a state")).collect()
}

#[tokio::test]
async fn failures_are_tried_again_until_the_schedule_ends() {
    let sink = sink().await;
    sink.answer_always(Answer::status(500));
    let host = scripted(&sink, "deliveries = [{key = \"a\"}]").start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], &delivery["tries"]), (&json!("dead"), &json!(4)));
    assert!(delivery["reason"].as_str().expect("a reason").contains("given up after 4 tries"), "{delivery}");
    assert_eq!(sink.count(), 4);
    let ids: Vec<_> = sink.received().iter().map(|r| r.header("webhook-id").map(str::to_owned)).collect();
    assert!(ids[0].is_some() && ids.iter().all(|id| *id == ids[0]), "the id is stable over tries: {ids:?}");
}

#[tokio::test]
async fn retry_after_holds_the_destination_and_uses_up_no_try() {
    let (busy, other) = (sink().await, sink().await);
    busy.answer(Answer::status(429).header("retry-after", "1"));
    let second = format!("url = \"http://127.0.0.1:{}\"\ndeliveries = [{{key = \"b\"}}]", other.port());
    let setup = scripted(&busy, "deliveries = [{key = \"a\"}]")
        .allow(format!("127.0.0.1:{}", other.port()))
        .reporter("other", "scripted", &second);
    let host = setup.start().await;
    host.finished_build("linux", 0).await;
    busy.wait_for(1).await;
    host.rendered().await;
    host.finished_build("linux", 0).await;
    other.wait_for(2).await;
    assert_eq!(busy.count(), 1, "nothing goes there before the time");
    host.settle().await;
    let requests = busy.received();
    assert_eq!(requests.len(), 3);
    let waited = requests[1].at - requests[0].at;
    assert!(waited.as_millis() >= 1000, "waited {waited:?}");
    assert!(host.deliveries().await.iter().all(|delivery| delivery["tries"] == 1));
}

#[tokio::test]
async fn what_was_not_granted_is_refused_recorded_and_never_sent() {
    let (granted, elsewhere) = (sink().await, sink().await);
    let settings = format!(
        "elsewhere = \"http://127.0.0.1:{}\"\ndeliveries = [{{key = \"a\", receipt = true}}]",
        elsewhere.port()
    );
    let host = scripted(&granted, &settings).allow(format!("127.0.0.1:{}", elsewhere.port())).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("dead"), &json!([])));
    let reason = delivery["reason"].as_str().expect("a reason");
    assert!(reason.contains(&format!("http://127.0.0.1:{}", elsewhere.port())) && reason.contains("allow"), "{reason}");
    assert_eq!((granted.count(), elsewhere.count()), (0, 0));
}

#[tokio::test]
async fn a_secret_that_was_not_granted_is_not_sent() {
    let sink = sink().await;
    let settings = "token = \"mine\"\nsteal = \"theirs\"\ndeliveries = [{key = \"a\"}]";
    let setup = scripted(&sink, settings).secret("mine", "m").secret("theirs", "t");
    let host = setup.start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!(delivery["state"], "dead");
    assert!(delivery["reason"].as_str().expect("a reason").contains("secret \"theirs\" is not granted"), "{delivery}");
    assert_eq!(sink.count(), 0);
}

#[tokio::test]
async fn a_granted_secret_goes_in_at_the_last_moment() {
    let sink = sink().await;
    let host = scripted(&sink, "token = \"mine\"\ndeliveries = [{key = \"a\"}]").secret("mine", "s3cr3t").start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!(sink.received()[0].header("authorization"), Some("token s3cr3t"));
    let shown = host.deliveries().await[0].to_string();
    assert!(!shown.contains("s3cr3t") && shown.contains("{\"secret\":\"mine\"}"), "{shown}");
}

#[tokio::test]
async fn the_inside_is_closed_unless_it_is_opened() {
    let sink = sink().await;
    let url = format!("url = \"http://127.0.0.1:{}\"\ndeliveries = [{{key = \"a\"}}]", sink.port());
    let host = Setup::default().plugins(&["scripted"]).reporter("script", "scripted", &url).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], sink.count()), (&json!("dead"), 0));
    assert!(delivery["reason"].as_str().expect("a reason").contains("[network]"), "{delivery}");
}

#[tokio::test]
async fn receipts_come_back_to_the_reporter() {
    let sink = sink().await;
    sink.answer(Answer::status(201).body("made"));
    let host = scripted(&sink, "deliveries = [{key = \"a\", receipt = true}]").start().await;
    host.finished_build("linux", 0).await;
    sink.wait_for(2).await;
    host.settle().await;
    let receipt: Value = serde_json::from_str(&sink.received()[1].text()).expect("JSON");
    assert_eq!(receipt, json!({"key": "a", "outcome": "Outcome::Done", "status": 201, "answer": "made"}));
}

#[tokio::test]
async fn wake_ups_come_when_they_are_due() {
    let sink = sink().await;
    let host = scripted(&sink, "wake_ms = 300").start().await;
    let before = std::time::Instant::now();
    host.finished_build("linux", 0).await;
    let requests = sink.wait_for(1).await;
    host.settle().await;
    assert_eq!(targets(&sink), ["/wake/alarm"]);
    assert!(requests[0].at - before >= std::time::Duration::from_millis(300));
}

#[tokio::test]
async fn what_may_have_arrived_is_asked_for_first() {
    let sink = sink().await;
    for (answer, asked) in [(Answer::status(200).body("it has a in it"), 1), (Answer::status(200).body("nothing"), 2)] {
        sink.answer(Answer::default().fault(HttpFault::Drop));
        sink.answer(answer);
        let host = scripted(&sink, "deliveries = [{key = \"a\", resend = \"probe\"}]").start().await;
        let before = sink.count();
        host.finished_build("linux", 0).await;
        host.settle().await;
        let seen = targets(&sink).split_off(before);
        let expected: &[&str] = if asked == 1 { &["/a", "/ask"] } else { &["/a", "/ask", "/a"] };
        assert_eq!(seen, expected);
        assert_eq!(states(&host.deliveries().await), ["delivered"]);
    }
}

#[tokio::test]
async fn what_must_not_arrive_twice_is_not_sent_twice() {
    let sink = sink().await;
    sink.answer(Answer::default().fault(HttpFault::Drop));
    let host = scripted(&sink, "deliveries = [{key = \"a\", resend = \"blind\"}]").start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!((sink.count(), states(&host.deliveries().await)), (1, vec!["dead"]));
}

#[tokio::test]
async fn what_is_no_longer_worth_sending_expires() {
    let sink = sink().await;
    sink.answer_always(Answer::status(503));
    let host = scripted(&sink, "deliveries = [{key = \"a\", ttl = 1}]").schedule(&[0, 600_000]).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], sink.count()), (&json!("expired"), 1));
}

#[tokio::test]
async fn a_stalled_destination_delays_nobody_else() {
    let web = sink().await;
    let stalled = SmtpSink::start(SmtpOptions { fault: SmtpFault::StallAtConnect, ..SmtpOptions::default() });
    let stalled = stalled.await.expect("a server");
    let setup = scripted(&web, "deliveries = [{key = \"a\"}]").mail("stuck", stalled.port(), "");
    let mut host = setup.start().await;
    host.may_owe();
    for _ in 0..20 {
        host.finished_build("linux", 0).await;
    }
    let requests = web.wait_for(20).await;
    assert_eq!(requests.len(), 20);
    host.rendered().await;
    let deliveries = host.deliveries().await;
    let stuck = deliveries.iter().filter(|d| d["reporter"] == "stuck");
    assert!(stuck.clone().count() == 20 && stuck.clone().all(|d| d["state"] != "delivered"));
    let under_way = stuck.filter(|d| d["state"] == "leased").count();
    assert!(under_way <= 4, "at most four places for one destination: {under_way}");
}

#[tokio::test]
async fn control_needs_its_grant() {
    let sink = sink().await;
    let host = scripted(&sink, "stop = true").start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let reporters = host.get("reporters").await;
    let incident = &reporters["reporters"][0]["incidents"][0];
    assert_eq!(incident["kind"], "denied");
    let granted = scripted(&sink, "stop = true");
    let host = granted.edit("plugin = \"scripted\"", "plugin = \"scripted\"\nallow = [\"control\"]").start().await;
    host.finished_build("linux", 0).await;
    sink.wait_for(2).await;
    host.settle().await;
    let receipt: Value = serde_json::from_str(&sink.received()[1].text()).expect("JSON");
    assert_eq!((&receipt["key"], &receipt["outcome"]), (&json!("stop"), &json!("Outcome::Done")));
    let stops = "SELECT count(*) FROM events WHERE topics = 'control/builds/1/stop'";
    let count: i64 = host.database().query_row(stops, [], |row| row.get(0)).expect("a count");
    assert_eq!(count, 1);
}

#[tokio::test]
async fn what_has_expired_holds_nobody_up() {
    let sink = sink().await;
    sink.answer(Answer::status(429).header("retry-after", "2"));
    let expiring: String = (0..9).map(|n| format!("{{key = \"x{n}\", ttl = 1}}, ")).collect();
    let host =
        scripted(&sink, &format!("deliveries = [{{key = \"first\"}}, {expiring}{{key = \"live\"}}]")).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let deliveries = host.deliveries().await;
    let count = |state: &str| deliveries.iter().filter(|delivery| delivery["state"] == state).count();
    assert!(count("expired") >= 5, "{:?}", states(&deliveries));
    assert_eq!(count("expired") + count("delivered"), 11);
    assert_eq!(deliveries[10]["state"], "delivered");
}

#[tokio::test]
async fn a_reporter_that_asks_for_another_try_gets_it_and_holds_what_follows() {
    let sink = sink().await;
    let settings = "until = \"builders/ready\"\ndeliveries = [{key = \"a\"}]";
    let host = scripted(&sink, settings).schedule(&[0; 1000].map(|_: i64| 20)).start().await;
    host.finished_build("linux", 0).await;
    host.finished_build("linux", 0).await;
    host.troubled().await;
    let reporters = host.get("reporters").await;
    let trouble = reporters["reporters"][0]["trouble"].as_str().expect("a reason").to_owned();
    assert!(trouble.contains("it is not there yet"), "{trouble}");
    assert_eq!((sink.count(), &host.get("health").await["settled"]), (0, &json!(false)));
    host.builder("ready").await;
    host.settle().await;
    assert_eq!(sink.count(), 2);
    assert_eq!(host.get("reporters").await["reporters"][0]["trouble"], Value::Null);
}

#[tokio::test]
async fn what_a_reporter_remembers_survives_a_restart() {
    let sink = sink().await;
    let mut setup = scripted(&sink, "count = true\ndeliveries = [{key = \"a\"}]");
    for _ in 0..3 {
        let host = setup.start().await;
        host.finished_build("linux", 0).await;
        host.finished_build("linux", 0).await;
        host.settle().await;
        setup = host.stop().await;
    }
    let count = |text: String| serde_json::from_str::<Value>(&text).expect("JSON")["count"].as_i64().expect("a count");
    let mut counts: Vec<i64> = sink.received().into_iter().map(|request| count(request.text())).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_new_reporter_begins_now_or_at_the_start() {
    let (late, all) = (sink().await, sink().await);
    let setup = Setup::default().plugins(&["scripted"]);
    let host = setup.start().await;
    host.finished_build("linux", 0).await;
    let setup = host.stop().await;
    let settings =
        |sink: &HttpSink| format!("url = \"http://127.0.0.1:{}\"\ndeliveries = [{{key = \"a\"}}]", sink.port());
    let setup = setup
        .allow(format!("127.0.0.1:{}", late.port()))
        .allow(format!("127.0.0.1:{}", all.port()))
        .reporter("late", "scripted", &settings(&late))
        .reporter("all", "scripted", &settings(&all))
        .edit("name = \"all\"", "name = \"all\"\nfrom = \"start\"");
    let host = setup.start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!((late.count(), all.count()), (1, 2));
}

#[tokio::test]
async fn a_long_backlog_is_rendered_page_by_page() {
    let sink = sink().await;
    let host = scripted(&sink, "count = true\ndeliveries = [{key = \"a\"}]").start().await;
    for _ in 0..80 {
        host.finished_build("linux", 0).await;
    }
    host.settle().await;
    assert_eq!(sink.count(), 80);
    let progress = &host.get("reporters").await["reporters"][0];
    assert_eq!((&progress["calls"], &progress["behind"]), (&json!(80), &json!(0)));
}
