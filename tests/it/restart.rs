//! The host ends, in order or not, and comes back: nothing that was acknowledged is lost, nothing is told twice.

use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_sinks::SmtpFault;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use campanile_tests::finished_build;
use serde_json::json;
use std::collections::HashSet;
use std::time::Duration;

async fn build(host: &ProcessHost) {
    let builder = host.post("updates/findBuilderId", &json!({"name": "linux"})).await["result"].as_i64();
    host.post("updates", &finished_build(builder.expect("an id"), 2)).await;
}

#[tokio::test]
async fn killed_after_the_answer_it_sends_the_mail_once_when_it_is_back() {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let setup = Setup::default().mail("all", sink.port(), "");
    for round in 1..=5 {
        let host = ProcessHost::start(&setup).await;
        build(&host).await;
        host.kill().await;
        let host = ProcessHost::start(&setup).await;
        let mails = tokio::time::timeout(Duration::from_secs(30), sink.wait_for(round)).await.expect("the mail comes");
        assert_eq!(mails.len(), round);
        assert_eq!(host.terminate().await, Some(0));
        assert_eq!(sink.count(), round, "once");
    }
}

#[tokio::test]
async fn killed_during_an_attempt_it_sends_the_same_mail_again() {
    let sink = SmtpSink::start(SmtpOptions { fault: SmtpFault::StallAfterData, ..SmtpOptions::default() });
    let sink = sink.await.expect("a server");
    let setup = Setup::default().mail("all", sink.port(), "");
    let host = ProcessHost::start(&setup).await;
    build(&host).await;
    sink.wait_for(1).await;
    host.kill().await;
    sink.change(|options| options.fault = SmtpFault::None);
    let host = ProcessHost::start(&setup).await;
    let mails = sink.wait_for(2).await;
    let id = |index: usize| mails[index].text().lines().find(|l| l.starts_with("Message-ID")).map(str::to_owned);
    assert_eq!(id(0), id(1));
    let delivery = host.get("deliveries/1").await;
    assert_eq!(delivery["deliveries"][0]["attempts"][0]["outcome"], "unknown");
    assert_eq!(host.terminate().await, Some(0));
}

#[tokio::test]
async fn killed_during_a_blind_attempt_it_does_not_send_again() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer { delay: Duration::from_secs(20), ..Answer::default() });
    let setup = Setup::scripted(sink.port(), "deliveries = [{key = \"a\", resend = \"blind\"}]");
    let host = ProcessHost::start(&setup).await;
    build(&host).await;
    sink.wait_for(1).await;
    host.kill().await;
    let host = setup.start().await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], sink.count()), (&json!("dead"), 1));
    assert!(delivery["reason"].as_str().expect("a reason").contains("campanile delivery retry"), "{delivery}");
}

#[tokio::test]
async fn sigterm_lets_what_is_under_way_end() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer { delay: Duration::from_millis(700), ..Answer::default() });
    let setup = Setup::scripted(sink.port(), "deliveries = [{key = \"a\"}]");
    let host = ProcessHost::start(&setup).await;
    build(&host).await;
    sink.wait_for(1).await;
    assert_eq!(host.terminate().await, Some(0));
    let host = setup.start().await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], &delivery["tries"], sink.count()), (&json!("delivered"), &json!(1), 1));
}

#[tokio::test]
async fn two_hosts_do_not_share_a_database() {
    let setup = Setup::default();
    let host = setup.start().await;
    let refused = setup.refused().await;
    assert!(refused.contains("belongs to a host that is running"), "{refused}");
    drop(host);
}

#[tokio::test]
async fn a_reporter_that_is_gone_takes_its_deliveries_with_it() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer_always(Answer::status(503));
    let settings = format!("url = \"http://127.0.0.1:{}\"\ndeliveries = [{{key = \"a\"}}]", sink.port());
    let setup = Setup::default().plugins(&["scripted"]).allow(format!("127.0.0.1:{}", sink.port()));
    let mut with = setup.clone().reporter("script", "scripted", &settings).schedule(&[0, 3_000]).start().await;
    with.may_owe();
    with.finished_build("linux", 0).await;
    sink.wait_for(1).await;
    drop(with.stop().await);
    let host = setup.schedule(&[0, 3_000]).start().await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!(delivery["state"], "cancelled");
    assert!(delivery["reason"].as_str().expect("a reason").contains("no longer configured"), "{delivery}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_a_backlog_it_loses_nothing_and_sends_little_twice() {
    const BUILDS: usize = 400;
    /// Connections, and what one may have sent while the record of its last mails was on its way to the disk.
    const MOST_TWICE: usize = 8 * 6;
    let sink = SmtpSink::start(SmtpOptions { fault: SmtpFault::StallAtConnect, ..SmtpOptions::default() });
    let sink = sink.await.expect("a server");
    let setup = Setup::default().mail("all", sink.port(), "");
    let host = ProcessHost::start(&setup).await;
    let builder = host.post("updates/findBuilderId", &json!({"name": "linux"})).await["result"].as_i64();
    let builder = builder.expect("an id");
    for _ in 0..BUILDS {
        host.post("updates", &finished_build(builder, 2)).await;
    }
    host.kill().await;
    sink.change(|options| options.fault = SmtpFault::None);
    let mut so_far = 0;
    for part in 1..=3 {
        let host = ProcessHost::start(&setup).await;
        so_far = sink.wait_for(so_far.max(BUILDS * part / 4)).await.len();
        host.kill().await;
    }
    let host = ProcessHost::start(&setup).await;
    let ids = |mails: &[campanile_sinks::ReceivedMail]| -> HashSet<String> {
        let id = |mail: &campanile_sinks::ReceivedMail| {
            mail.text().lines().find(|l| l.starts_with("Message-ID")).map(str::to_owned)
        };
        mails.iter().filter_map(id).collect()
    };
    let mut mails = sink.received();
    while ids(&mails).len() < BUILDS {
        mails = sink.wait_for(mails.len() + 1).await;
    }
    assert_eq!(host.terminate().await, Some(0));
    let twice = sink.count() - BUILDS;
    println!("{twice} of {BUILDS} came twice over 3 kills");
    assert!(twice <= 3 * MOST_TWICE, "{twice} came twice");
}
