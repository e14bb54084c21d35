//! Mails to several recipients whom the relay does not treat alike.

use campanile_sinks::SmtpFault;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpReply;
use campanile_sinks::SmtpSink;
use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use campanile_tests::finished_build;
use serde_json::Value;
use serde_json::json;

/// A relay that puts `full` off and refuses `gone`.
async fn relay() -> SmtpSink {
    let mut options = SmtpOptions::default();
    options.recipients.insert("gone@example.org".into(), SmtpReply::new(550, "5.1.1 no such user"));
    options.recipients.insert("full@example.org".into(), SmtpReply::new(452, "4.2.2 mailbox full"));
    SmtpSink::start(options).await.expect("a server")
}

fn setup(sink: &SmtpSink, to: &[&str]) -> Setup {
    let to: Vec<String> = to.iter().map(|name| format!("{name}@example.org")).collect();
    let settings = format!(
        "fromaddr = \"ci@example.org\"\nrelayhost = \"127.0.0.1\"\nsmtpPort = {}\nextraRecipients = {to:?}\n\
         sendToInterestedUsers = false",
        sink.port()
    );
    let setup = Setup::default().plugins(&["mail"]).allow(format!("127.0.0.1:{}", sink.port()));
    setup.reporter("all", "mail", &settings)
}

fn got(sink: &SmtpSink) -> Vec<String> {
    sink.received().iter().map(|mail| mail.recipients.join(" ").replace("@example.org", "")).collect()
}

fn outcomes(delivery: &Value) -> Vec<&str> {
    delivery["attempts"].as_array().expect("attempts").iter().filter_map(|one| one["outcome"].as_str()).collect()
}

/// "full deferred 452 4.2.2 mailbox full", each.
fn known(delivery: &Value) -> Vec<String> {
    let known = delivery["recipients"].as_array().expect("recipients").iter().map(|one| {
        let text = |key: &str| one[key].as_str().expect("a text").replace("@example.org", "");
        format!("{} {} {} {}", text("address"), text("outcome"), one["status"], text("answer"))
    });
    known.collect()
}

#[tokio::test]
async fn only_those_are_asked_again_who_were_put_off() {
    let sink = relay().await;
    let host = setup(&sink, &["a", "b", "full", "gone"]).schedule(&[0, 10, 10, 2000]).start().await;
    host.finished_build("linux", 0).await;
    sink.wait_for(1).await;
    host.attempted(1, 3).await;
    let put_off = &host.deliveries().await[0];
    assert_eq!((&put_off["state"], outcomes(put_off)), (&json!("ready"), vec!["partly", "failed", "failed"]));
    assert_eq!(
        put_off["reason"],
        "put off for full@example.org: 452 4.2.2 mailbox full; refused for gone@example.org: \
        550 5.1.1 no such user"
    );
    sink.change(|options| drop(options.recipients.remove("full@example.org")));
    host.settle().await;
    assert_eq!(got(&sink), ["a b", "full"]);
    let delivery = &host.deliveries().await[0];
    assert_eq!(delivery["state"], "delivered");
    assert_eq!(delivery["reason"], "refused for gone@example.org: 550 5.1.1 no such user");
    assert_eq!(
        known(delivery),
        [
            "a accepted 250 2.0.0 kept",
            "b accepted 250 2.0.0 kept",
            "full accepted 250 2.0.0 kept",
            "gone refused 550 5.1.1 no such user"
        ]
    );
    let mails = sink.received();
    assert_eq!(mails[0].text(), mails[1].text(), "it is the same mail");
}

#[tokio::test]
async fn when_all_tries_are_used_up_those_who_have_it_keep_it() {
    let sink = relay().await;
    let host = setup(&sink, &["a", "full"]).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let dead = &host.deliveries().await[0];
    assert_eq!((&dead["state"], outcomes(dead)), (&json!("dead"), vec!["partly", "failed", "failed", "failed"]));
    assert_eq!(
        dead["reason"],
        "given up after 4 tries; the last: put off for full@example.org: 452 4.2.2 mailbox full"
    );
    sink.change(|options| options.recipients.clear());
    retry(&host).await;
    assert_eq!(
        (got(&sink), &host.deliveries().await[0]["state"]),
        (vec!["a".into(), "full".into()], &json!("delivered"))
    );
}

async fn retry(host: &campanile_tests::TestHost) {
    let retry = json!({"jsonrpc": "2.0", "id": 1, "method": "retry", "params": {}});
    let (status, body) = host.post("deliveries/1", &retry).await;
    assert!(status.is_success(), "{body}");
    host.settle().await;
}

/// Relays take a client that names many who are not there for one that guesses.
#[tokio::test]
async fn many_unknown_recipients_cost_the_others_nothing() {
    let unknown: Vec<String> = (0..25).map(|n| format!("gone{n}")).collect();
    let mut options = SmtpOptions { most_refused: Some(20), ..SmtpOptions::default() };
    for name in &unknown {
        options.recipients.insert(format!("{name}@example.org"), SmtpReply::new(550, "5.1.1 no such user"));
    }
    let sink = SmtpSink::start(options).await.expect("a server");
    let to: Vec<&str> = ["a"].into_iter().chain(unknown.iter().map(String::as_str)).chain(["b"]).collect();
    let host = setup(&sink, &to).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], outcomes(delivery)), (&json!("delivered"), vec!["failed", "done"]));
    assert_eq!(got(&sink), ["a b"]);
}

#[tokio::test]
async fn a_relay_is_told_the_name_that_is_configured() {
    let sink = relay().await;
    let host = setup(&sink, &["a"]).network("hello = \"ci.example.org\"").start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!(sink.received()[0].helo, "ci.example.org");
    let said = setup(&sink, &["a"]).network("hello = \"ci example\"").refused().await;
    assert!(said.contains("network.hello: \"ci example\" is no name for a relay"), "{said}");
}

#[tokio::test]
async fn who_was_refused_can_be_asked_again_by_hand() {
    let sink = relay().await;
    let host = setup(&sink, &["a", "gone"]).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!(host.deliveries().await[0]["state"], "delivered");
    sink.change(|options| options.recipients.clear());
    retry(&host).await;
    assert_eq!(got(&sink), ["a", "gone"]);
    let retry = json!({"jsonrpc": "2.0", "id": 1, "method": "retry", "params": {}});
    assert_eq!(host.post("deliveries/1", &retry).await.0.as_u16(), 400, "everybody has it");
}

#[tokio::test]
async fn where_nobody_knows_whether_it_arrived_it_is_sent_again_to_those_but_not_to_who_has_it() {
    let sink = relay().await;
    let host = setup(&sink, &["a", "full", "gone"]).schedule(&[0, 10, 10, 10, 60_000]).start().await;
    host.finished_build("linux", 0).await;
    sink.wait_for(1).await;
    sink.change(|options| {
        options.recipients.remove("full@example.org");
        options.fault = SmtpFault::DropAfterData;
    });
    sink.wait_for(2).await;
    sink.change(|options| options.fault = SmtpFault::None);
    host.settle().await;
    let got = got(&sink);
    assert!(got.len() >= 3 && got[0] == "a" && got[1..].iter().all(|to| to == "full"), "{got:?}");
    assert_eq!(host.deliveries().await[0]["state"], "delivered");
}

#[tokio::test]
async fn killed_before_the_retry_it_still_knows_who_has_it() {
    let sink = relay().await;
    let setup = setup(&sink, &["a", "full", "gone"]);
    let host = ProcessHost::start(&setup).await;
    let builder = host.post("updates/findBuilderId", &json!({"name": "linux"})).await["result"].as_i64();
    host.post("updates", &finished_build(builder.expect("an id"), 0)).await;
    sink.wait_for(1).await;
    // No bell rings from one process to another; the answer was sent already, and its record is on its way.
    while host.get("deliveries/1").await["deliveries"][0]["attempts"][0]["ended_at_ms"].is_null() {}
    host.kill().await;
    sink.change(|options| options.recipients.clear());
    let host = ProcessHost::start(&setup).await;
    sink.wait_for(2).await;
    assert_eq!(host.terminate().await, Some(0));
    assert_eq!(got(&sink), ["a", "full"]);
}
