//! From effects to the outside: what is permitted, tried again, asked for first, and told back.

use campanile::model::Millis;
use campanile::model::ReporterName;
use campanile::store::Options;
use campanile::store::Store;
use campanile::store::StoreError;
use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_sinks::HttpSink;
use campanile_sinks::SmtpFault;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use serde_json::Value;
use serde_json::json;

fn scripted(sink: &HttpSink, settings: &str) -> Setup {
    Setup::scripted(sink.port(), settings)
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
async fn the_same_of_two_databases_goes_out_under_two_ids() {
    let sink = sink().await;
    for _ in 0..2 {
        let host = scripted(&sink, "deliveries = [{key = \"a\"}]").start().await;
        host.finished_build("linux", 0).await;
        host.settle().await;
    }
    let [first, second] = sink.received().try_into().expect("two requests");
    assert_eq!(first.text(), second.text());
    assert_ne!(first.header("webhook-id"), second.header("webhook-id"));
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
    let reason = delivery["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("it was no longer worth sending; the last: ") && reason.contains("503"), "{reason}");
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
    assert!(under_way <= 8, "four places for one destination, and for each a mail that is claimed ahead: {under_way}");
}

#[tokio::test]
async fn only_what_may_arrive_twice_is_claimed_ahead() {
    for (resend, claimed) in [("blind", 4), ("upsert", 8)] {
        let sink = sink().await;
        sink.answer_always(Answer::status(200).fault(HttpFault::Stall));
        let asked: String = (0..20).map(|n| format!("{{key = \"x{n}\", resend = \"{resend}\"}}, ")).collect();
        let mut host = scripted(&sink, &format!("deliveries = [{asked}]")).start().await;
        host.may_owe();
        host.finished_build("linux", 0).await;
        sink.wait_for(4).await;
        host.claimed(claimed).await;
        assert_eq!(sink.count(), 4, "{resend}: four places");
    }
}

#[tokio::test]
async fn an_operator_says_how_many_may_be_under_way() {
    let sink = sink().await;
    sink.answer_always(Answer::status(200).fault(HttpFault::Stall));
    let asked: String = (0..12).map(|n| format!("{{key = \"x{n}\", resend = \"blind\"}}, ")).collect();
    let setup = scripted(&sink, &format!("deliveries = [{asked}]"));
    let mut host = setup.edit("plugin = \"scripted\"", "plugin = \"scripted\"\nin_flight = 9").start().await;
    host.may_owe();
    host.finished_build("linux", 0).await;
    sink.wait_for(9).await;
    host.claimed(9).await;
    assert_eq!(sink.count(), 9);
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

/// By its number it is known what came of it: with one that was given before, what is new would pass for done.
#[tokio::test]
async fn what_a_reporter_is_told_in_the_same_millisecond_has_a_number_of_its_own() {
    let setup = Setup::default();
    let store = Store::open(&Options::new(setup.folder().join("campanile.db"))).expect("the store opens");
    let told_and_taken = || {
        store.write(|tx| -> Result<i64, StoreError> {
            let name = ReporterName("chat".to_owned());
            tx.put_wake(&name, "soon", Millis(1))?;
            let item = tx.inbox(&name, 1)?.remove(0);
            tx.take_inbox(&item)?;
            Ok(item.inboxid)
        })
    };
    let (first, second) = (told_and_taken().await.expect("a number"), told_and_taken().await.expect("a number"));
    assert_ne!(first, second);
}
