//! Many mails to one relay: over several connections, each once, and few commits for all of them.

use campanile_sinks::SmtpFault;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use std::collections::HashMap;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_connections_at_once_go_to_one_relay() {
    let sink = SmtpSink::start(SmtpOptions { fault: SmtpFault::StallAfterData, ..SmtpOptions::default() });
    let sink = sink.await.expect("a server");
    let mut host = Setup::default().mail("all", sink.port(), "").start().await;
    host.may_owe();
    for _ in 0..12 {
        host.finished_build("linux", 0).await;
    }
    sink.wait_for(8).await;
    host.rendered().await;
    assert_eq!((sink.count(), sink.connections()), (8, 8));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_arrives_each_mail_once_over_sessions_that_serve_many() {
    const BUILDS: usize = 300;
    let sink = SmtpSink::start(SmtpOptions { fault: SmtpFault::StallAtConnect, ..SmtpOptions::default() });
    let sink = sink.await.expect("a server");
    let setup = Setup::default().mail("all", sink.port(), "").schedule(&[0; 100]);
    let mut host = setup.start().await;
    host.may_owe();
    for _ in 0..BUILDS {
        host.finished_build("linux", 0).await;
    }
    host.rendered().await;
    let setup = host.stop().await;
    sink.change(|options| options.fault = SmtpFault::None);
    let before = sink.connections();
    let host = setup.start().await;
    host.settle().await;
    let mut came: HashMap<String, usize> = HashMap::new();
    for mail in sink.received() {
        let id = mail.text().lines().find(|line| line.starts_with("Message-ID")).expect("an id").to_owned();
        *came.entry(id).or_default() += 1;
    }
    assert!(came.len() == BUILDS && came.values().all(|times| *times == 1), "{came:?}");
    let connections = sink.connections() - before;
    assert!(connections <= 8 + BUILDS / 100, "{connections} connections for {BUILDS} mails");
}
