//! Reading: the steps of a build, from few stored and from a million, against axum that answers a constant of the same
//! size to the same clients.

use crate::clients;
use crate::clients::Client;
use crate::host;
use crate::host::Host;
use crate::rounds;
use crate::table::Goal;
use crate::table::Row;
use crate::table::per_second;
use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::serve::ListenerExt;
use campanile_tests::Setup;
use std::net::SocketAddr;
use std::time::Duration;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const TIME: Duration = Duration::from_millis(1000);

/// Of each build.
const STEPS: usize = 10;

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let (few, many) = (Stored::start(runtime, 100), Stored::start(runtime, 100_000));
    let bytes = clients::here(async { Client::connect(few.address()).await.get("builds/50/steps").await.len() });
    let constant = constant(runtime, bytes);
    let mut rows = Vec::new();
    for connections in [1, 32] {
        let what = format!("steps of a build ({bytes} bytes), connections: {connections}");
        let limit = || rate(constant, few.builds, connections);
        let (figure, limit, ratio) = rounds::in_turns(|| few.rate(connections), limit);
        let limit = format!("axum constant {}", per_second(limit));
        rows.push(Row::new(&what, per_second(figure), (limit, ratio), Goal::AtLeast(0.6)));
        // How much slower it is.
        let (few, many, ratio) = rounds::in_turns(|| few.rate(connections), || many.rate(connections));
        let limit = format!("1,000 stored {}", per_second(few));
        rows.push(Row::new("the same, 1,000,000 steps stored", per_second(many), (limit, ratio), Goal::AtMost(1.3)));
    }
    few.host.stop();
    many.host.stop();
    rows
}

/// A host with so many builds.
struct Stored<'r> {
    host: Host<'r>,
    builds: usize,
}

impl<'r> Stored<'r> {
    fn start(runtime: &'r Runtime, builds: usize) -> Self {
        let setup = host::setup();
        // The first host makes the tables.
        Host::start(runtime, &setup).stop();
        fill(&setup, builds);
        Self { host: Host::start(runtime, &setup), builds }
    }

    fn address(&self) -> SocketAddr {
        self.host.address()
    }

    fn rate(&self, connections: usize) -> f64 {
        rate(self.address(), self.builds, connections)
    }
}

fn fill(setup: &Setup, builds: usize) {
    setup.fill(&format!(
        "INSERT INTO builders (builderid, name) VALUES (1, 'linux');
         CREATE TEMP TABLE n (i INTEGER PRIMARY KEY);
         INSERT INTO n WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {builds}) SELECT i FROM n;
         INSERT INTO lines VALUES (1, '[]');
         INSERT INTO buildsets (bsid, reason, submitted_at, complete_at, results) SELECT i, 'a bench', i, i, 0 FROM n;
         INSERT INTO buildrequests (buildrequestid, bsid, builderid, priority, submitted_at, waited_for)
           SELECT i, i, 1, 0, i, 0 FROM n;
         INSERT INTO builds (buildid, number, builderid, buildrequestid, masterid, started_at, state_string, lineid)
           SELECT i, i, 1, i, 1, 1700000000 + i, 'building', 1 FROM n;
         INSERT INTO steps (stepid, number, name, buildid, started_at, complete_at, state_string, results, urls)
           SELECT (n.i - 1) * {STEPS} + m.i, m.i - 1, 'step-' || m.i, n.i, 1700000000 + n.i, 1700000050 + n.i,
             'make all finished', 0, iif(m.i = 3, '[{{\"name\":\"report\",\"url\":\"https://ci.example.org/report\"}}]', '[]')
           FROM n CROSS JOIN n AS m WHERE m.i <= {STEPS};
         DROP TABLE n"
    ));
}

/// Answers a second, each connection asking as fast as it is answered, for builds all over the table.
fn rate(address: SocketAddr, builds: usize, connections: usize) -> f64 {
    clients::here(async {
        let mut tasks = JoinSet::new();
        let started = Instant::now();
        for first in 0..connections {
            tasks.spawn_local(async move {
                let mut client = Client::connect(address).await;
                let mut answers = 0;
                while started.elapsed() < TIME {
                    let build = 1 + (first * 31 + answers * 7919) % builds;
                    client.get(&format!("builds/{build}/steps")).await;
                    answers += 1;
                }
                answers
            });
        }
        let mut answers = 0;
        while let Some(done) = tasks.join_next().await {
            answers += done.expect("a client");
        }
        answers as f64 / started.elapsed().as_secs_f64()
    })
}

fn constant(runtime: &Runtime, bytes: usize) -> SocketAddr {
    let answer = Bytes::from("x".repeat(bytes));
    let handler = move || {
        let answer = answer.clone();
        async move { ([(CONTENT_TYPE, "application/json")], answer) }
    };
    let router = Router::new().route("/api/v2/builds/{id}/steps", get(handler));
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    })
}
