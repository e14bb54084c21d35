//! Mails a second, of a backlog that is rendered: against lettre's connection with TCP_NODELAY that sends a ready-made
//! mail to the same server, over one connection and over as many as the host has.

use crate::backlog;
use crate::host;
use crate::host::Host;
use crate::rounds;
use crate::table::Goal;
use crate::table::Row;
use crate::table::per_second;
use campanile_sinks::SmtpFault;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use std::time::Duration;
use std::time::Instant;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const BUILDS: usize = 4000;

/// What the host has under way to one destination at once.
const PLACES: usize = 8;
const TIME: Duration = Duration::from_millis(1500);

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let sink = runtime.block_on(SmtpSink::start(SmtpOptions::default())).expect("a sink");
    let setup = host::setup();
    backlog::write(runtime, &setup, BUILDS);
    let mut round = 0;
    let mut figure = || {
        round += 1;
        drained(runtime, &host::mail_from_start(setup.clone(), &format!("round-{round}"), sink.port()), &sink)
    };
    let one = rounds::in_turns(&mut figure, || runtime.block_on(ready_made(&sink, 1)));
    let many = rounds::in_turns(&mut figure, || runtime.block_on(ready_made(&sink, PLACES)));
    let row = |what: &str, (figure, limit, ratio): (f64, f64, f64), connections: usize| {
        let limit = (format!("lettre, nodelay, {connections} conn. {}", per_second(limit)), ratio);
        Row::new(what, per_second(figure), limit, Goal::AtLeast(0.3))
    };
    vec![row("mails, a rendered backlog", one, 1), row("the same, as many connections", many, PLACES)]
}

/// Renders while the relay says nothing, then lets it take them.
fn drained(runtime: &Runtime, setup: &Setup, sink: &SmtpSink) -> f64 {
    sink.change(|options| options.fault = SmtpFault::StallAtConnect);
    let host = Host::start(runtime, setup);
    host.rendered();
    host.stop();
    sink.change(|options| options.fault = SmtpFault::None);
    let before = sink.count();
    let host = Host::start(runtime, setup);
    let (first, started) = (sink.count(), Instant::now());
    // What was under way when it stopped may be known to be lost: those few are not waited for.
    runtime.block_on(sink.until(before + BUILDS - PLACES));
    let rate = (before + BUILDS - PLACES - first) as f64 / started.elapsed().as_secs_f64();
    host.settled();
    host.stop();
    rate
}

async fn ready_made(sink: &SmtpSink, connections: usize) -> f64 {
    let mail = sink.received().first().expect("the host sent one").data.clone();
    let address = |text: &str| text.parse::<Address>().expect("an address");
    let envelope =
        Envelope::new(Some(address("ci@example.org")), vec![address("builds@example.org")]).expect("an envelope");
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (mail, envelope, port) = (mail.clone(), envelope.clone(), sink.port());
        tasks.spawn(async move {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
            stream.set_nodelay(true).expect("a socket");
            let hello = ClientId::default();
            let mut connection =
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await.expect("a greeting");
            let mut mails = 0;
            while started.elapsed() < TIME {
                connection.send(&envelope, &mail).await.expect("the mail is taken");
                mails += 1;
            }
            mails
        });
    }
    let mut mails = 0;
    while let Some(done) = tasks.join_next().await {
        mails += done.expect("a sender");
    }
    f64::from(mails) / started.elapsed().as_secs_f64()
}
