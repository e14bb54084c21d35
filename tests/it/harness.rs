//! The set-up of these tests itself: what a test leaves behind fails it.

use campanile_sinks::SmtpFault;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;

#[tokio::test]
#[should_panic(expected = "deliveries are not settled")]
async fn a_delivery_that_is_left_over_fails_its_test() {
    let sink = SmtpSink::start(SmtpOptions { fault: SmtpFault::StallAtConnect, ..SmtpOptions::default() });
    let sink = sink.await.expect("a server");
    let host = Setup::default().mail("all", sink.port(), "").start().await;
    host.finished_build("linux", 0).await;
    host.rendered().await;
    drop(host);
}

#[tokio::test]
#[should_panic(expected = "errors were logged")]
async fn an_error_that_nobody_expected_fails_its_test() {
    let host = Setup::default().start().await;
    tracing::error!("the roof is open");
    drop(host);
}

#[tokio::test]
async fn an_error_that_is_expected_fails_nothing() {
    let mut host = Setup::default().start().await;
    host.expect_error("the roof");
    tracing::error!("the roof is open");
}
