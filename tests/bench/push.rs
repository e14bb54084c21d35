//! HTTP pushes a second, from events in the log to answered requests with 64 under way: against reqwest that posts a
//! ready-made body to the same server, 64 at once. And how long it takes from the commit of an event to its push, at 500
//! builds a second, each of which is pushed twice: when it starts and when it ends.

use crate::backlog;
use crate::clients::here;
use crate::host;
use crate::host::Host;
use crate::latency;
use crate::latency::Pace;
use crate::latency::p50_p99;
use crate::rounds;
use crate::table::Goal;
use crate::table::Row;
use crate::table::per_second;
use campanile_sinks::HttpSink;
use campanile_tests::Setup;
use reqwest::Client;
use std::time::Duration;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const BUILDS: usize = 2000;

/// Each build that starts and ends.
const PUSHES: usize = 2 * BUILDS;

const IN_FLIGHT: usize = 64;

const TIME: Duration = Duration::from_millis(1500);

const PACE: Pace = Pace { builds: 4000, rate: 500 };

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    [throughput(runtime)].into_iter().chain(latency(runtime)).collect()
}

fn throughput(runtime: &Runtime) -> Row {
    let sink = runtime.block_on(HttpSink::start(None)).expect("a sink");
    let setup = host::setup();
    backlog::write(runtime, &setup, BUILDS);
    let mut round = 0;
    let figure = || {
        round += 1;
        pushed(runtime, &reporter(setup.clone(), &format!("round-{round}"), sink.port()), &sink)
    };
    let (figure, limit, ratio) = rounds::in_turns(figure, || runtime.block_on(ready_made(&sink)));
    let limit = (format!("reqwest, ready-made, {IN_FLIGHT} at once {}", per_second(limit)), ratio);
    Row::new("http pushes, events to answers, 64 at once", per_second(figure), limit, Goal::AtLeast(0.1))
}

/// One that begins with the first event of the log.
fn reporter(setup: Setup, name: &str, port: u16) -> Setup {
    setup.plugins(&["http-push"]).allow(format!("127.0.0.1:{port}")).toml(&format!(
        "[[reporter]]\nname = \"{name}\"\nplugin = \"http-push\"\nfrom = \"start\"\nin_flight = {IN_FLIGHT}\n\
         [reporter.settings]\nserverUrl = \"http://127.0.0.1:{port}/\"\n"
    ))
}

fn pushed(runtime: &Runtime, setup: &Setup, sink: &HttpSink) -> f64 {
    let before = sink.count();
    let host = Host::start(runtime, setup);
    let (first, started) = (sink.count(), Instant::now());
    runtime.block_on(sink.until(before + PUSHES));
    let rate = (before + PUSHES - first) as f64 / started.elapsed().as_secs_f64();
    host.settled();
    host.stop();
    rate
}

async fn ready_made(sink: &HttpSink) -> f64 {
    let body = sink.received().first().expect("the host sent one").body.clone();
    let client = Client::builder().no_proxy().build().expect("a client");
    let (url, started) = (format!("http://127.0.0.1:{}/", sink.port()), Instant::now());
    let mut tasks = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (client, url, body) = (client.clone(), url.clone(), body.clone());
        tasks.spawn(async move {
            let mut requests = 0;
            while started.elapsed() < TIME {
                let request = client.post(&url).header("content-type", "application/json").body(body.clone());
                assert!(request.send().await.expect("an answer").status().is_success());
                requests += 1;
            }
            requests
        });
    }
    let mut requests = 0;
    while let Some(done) = tasks.join_next().await {
        requests += done.expect("a sender");
    }
    f64::from(requests) / started.elapsed().as_secs_f64()
}

fn latency(runtime: &Runtime) -> [Row; 2] {
    let sink = runtime.block_on(HttpSink::start(None)).expect("a sink");
    let host = Host::start(runtime, &reporter(host::setup(), "pushes", sink.port()));
    let told = here(latency::tell(host.address(), PACE));
    host.settled();
    let pushes = sink.received();
    assert_eq!(pushes.len(), 2 * PACE.builds as usize, "each build is pushed twice");
    let builds = latency::builds(&host);
    let (mut answered, mut sent) = (Vec::new(), Vec::new());
    for push in &pushes {
        let (sending, answer) = told[&builds[push.header("webhook-id").expect("an id")]];
        answered.push(push.at.saturating_duration_since(answer).as_secs_f64());
        sent.push(push.at.saturating_duration_since(sending).as_secs_f64());
    }
    host.stop();
    [
        Row::told("committed to the push's first byte, 500 builds/s, p50, p99", p50_p99(&answered)),
        Row::told("update sent to the same, p50, p99", p50_p99(&sent)),
    ]
}
