//! What a reporter is told besides the log, what it remembers, what it may ask for, and how it gets another try.

use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_tests::Setup;
use serde_json::Value;
use serde_json::json;

fn scripted(sink: &HttpSink, settings: &str) -> Setup {
    Setup::scripted(sink.port(), settings)
}

async fn sink() -> HttpSink {
    HttpSink::start(None).await.expect("a server")
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
    assert_eq!(requests[0].target, "/wake/alarm");
    assert!(requests[0].at - before >= std::time::Duration::from_millis(300));
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
async fn a_reporter_that_is_held_is_woken_all_the_same_and_tries_again_then() {
    let sink = sink().await;
    let settings = "wake_ms = 1500\ndeliveries = [{key = \"a\"}]";
    let host = scripted(&sink, settings).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let setup = host.stop().await.edit("wake_ms = 1500\n", "until = \"builders/ready\"\n");
    // What is held would be tried again in an hour.
    let host = setup.schedule(&[0, 3_600_000, 3_600_000]).start().await;
    host.finished_build("linux", 0).await;
    host.troubled().await;
    host.builder("ready").await;
    let targets: Vec<String> = sink.wait_for(3).await.into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/a", "/wake/alarm", "/a"]);
    host.settle().await;
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
