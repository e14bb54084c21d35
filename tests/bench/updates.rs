//! Durable update calls, one a request: against axum that answers a constant of the same size to the same clients.

use crate::clients;
use crate::clients::Load;
use crate::host;
use crate::host::Host;
use crate::mix;
use crate::rounds;
use crate::table::Goal;
use crate::table::Row;
use crate::table::per_second;
use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use axum::serve::ListenerExt;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::runtime::Runtime;

const CLIENTS: usize = 64;
const TIME: Duration = Duration::from_millis(1500);

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let sink = runtime.block_on(SmtpSink::start(SmtpOptions::default())).expect("a sink");
    let none = row(runtime, "update calls, 64 clients", &host::setup());
    let mail = row(runtime, "the same, one mail reporter", &host::setup().mail("mails", sink.port(), ""));
    vec![none, mail]
}

fn row(runtime: &Runtime, what: &str, setup: &Setup) -> Row {
    let host = Host::start(runtime, setup);
    let warm = figure(&host);
    let constant = constant(runtime, warm.bytes / warm.requests);
    let subjects = mix::subjects(host.address(), CLIENTS);
    let limit = || {
        let scripts = subjects.iter().map(|subject| subject.single()).collect();
        clients::load(constant, scripts, TIME).rate()
    };
    let (figure, limit, ratio) = rounds::in_turns(|| figure(&host).rate(), limit);
    host.stop();
    Row::new(what, per_second(figure), (format!("axum constant {}", per_second(limit)), ratio), Goal::AtLeast(0.3))
}

fn figure(host: &Host<'_>) -> Load {
    let subjects = mix::subjects(host.address(), CLIENTS);
    clients::load(host.address(), subjects.iter().map(|subject| subject.single()).collect(), TIME)
}

/// A server that reads the body and answers so many bytes.
pub(crate) fn constant(runtime: &Runtime, bytes: usize) -> SocketAddr {
    let answer = Bytes::from("x".repeat(bytes));
    let handler = move |_body: Bytes| {
        let answer = answer.clone();
        async move { ([(CONTENT_TYPE, "application/json")], answer) }
    };
    let router =
        Router::new().route("/api/v2/updates", post(handler.clone())).route("/api/v2/updates/{method}", post(handler));
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    })
}
