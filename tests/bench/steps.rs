//! The life of a step, from added to finished: five calls one after the other, and the same five as one batch.
//!
//! Against axum that answers constants to the same clients; the batches also against a bare writer.

use crate::bare;
use crate::bare::Bare;
use crate::batches;
use crate::clients;
use crate::clients::Client;
use crate::clients::Script;
use crate::host;
use crate::host::Host;
use crate::mix;
use crate::mix::Subject;
use crate::rounds;
use crate::table::Goal;
use crate::table::Row;
use crate::table::per_second;
use crate::updates;
use campanile::store::Options;
use campanile::store::Store;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const CLIENTS: usize = 64;
const TIME: Duration = Duration::from_millis(1500);

/// Calls in a life.
const CALLS: f64 = 5.0;

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let host = Host::start(runtime, &host::setup());
    let folder = tempfile::tempdir().expect("a folder");
    let constant = updates::constant(runtime, r#"{"result":null}"#.len());
    let subjects = || mix::subjects(host.address(), CLIENTS);
    let bare = || bare_lives(runtime, &folder.path().join("bare.db"));
    let rows = vec![
        row(
            "step life cycle, five calls, 64 clients",
            "axum constant",
            rounds::in_turns(|| one_by_one(host.address(), subjects()), || one_by_one(constant, subjects())),
            Goal::AtLeast(0.3),
        ),
        row(
            "the same, as one batch",
            "axum constant",
            rounds::in_turns(|| batched(host.address(), subjects()), || batched(constant, subjects())),
            Goal::None,
        ),
        row(
            "the same, as one batch",
            "bare writer",
            rounds::in_turns(|| batched(host.address(), subjects()), bare),
            Goal::None,
        ),
    ];
    host.stop();
    rows
}

/// In calls a second.
fn row(what: &str, limit: &str, (figure, of_limit, ratio): (f64, f64, f64), goal: Goal) -> Row {
    let limit = (format!("{limit} {}", per_second(of_limit)), ratio);
    Row::new(what, per_second(figure), limit, goal)
}

/// Each client on a build of its own, one call after the other.
fn one_by_one(address: SocketAddr, subjects: Vec<Subject>) -> f64 {
    clients::here(async {
        let mut ready = Vec::new();
        for subject in subjects {
            ready.push((Client::connect(address).await, subject.build));
        }
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for (mut client, build) in ready {
            tasks.spawn_local(async move {
                let mut lives = 0;
                while started.elapsed() < TIME {
                    lives += 1;
                    live(&mut client, build, lives).await;
                }
                lives
            });
        }
        let mut lives = 0;
        while let Some(done) = tasks.join_next().await {
            lives += done.expect("a client");
        }
        f64::from(lives) * CALLS / started.elapsed().as_secs_f64()
    })
}

async fn live(client: &mut Client, build: i64, number: u32) {
    let added = client.post("updates/addStep", &format!(r#"{{"buildid":{build},"name":"step-{number}"}}"#)).await;
    // A constant answers no id; any will do for it.
    let step = stepid(added).unwrap_or(1);
    client.post("updates/startStep", &format!(r#"{{"stepid":{step}}}"#)).await;
    let state = format!(r#"{{"stepid":{step},"state_string":"compiling {number} of 9999"}}"#);
    client.post("updates/setStepStateString", &state).await;
    let url = format!(r#"{{"stepid":{step},"name":"report","url":"https://example.org/{number}"}}"#);
    client.post("updates/addStepURL", &url).await;
    client.post("updates/finishStep", &format!(r#"{{"stepid":{step},"results":0,"hidden":false}}"#)).await;
}

/// Without a parser: what the clients cost is not the host's.
fn stepid(answer: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(answer).ok()?;
    let digits = text.split_once(r#""stepid":"#)?.1;
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn batched(address: SocketAddr, subjects: Vec<Subject>) -> f64 {
    let scripts = subjects.iter().map(|subject| script(subject.build)).collect();
    clients::load(address, scripts, TIME).rate() * CALLS
}

fn script(build: i64) -> Script {
    let mut number = 0;
    let step = r#"{"$result":[0,"stepid"]}"#;
    Box::new(move |body| {
        number += 1;
        let written = write!(
            body,
            r#"[{{"method":"addStep","params":{{"buildid":{build},"name":"step-{number}"}}}},
{{"method":"startStep","params":{{"stepid":{step}}}}},
{{"method":"setStepStateString","params":{{"stepid":{step},"state_string":"compiling {number} of 9999"}}}},
{{"method":"addStepURL","params":{{"stepid":{step},"name":"report","url":"https://example.org/{number}"}}}},
{{"method":"finishStep","params":{{"stepid":{step},"results":0,"hidden":false}}}}]"#
        );
        written.expect("a string grows");
        "updates"
    })
}

fn bare_lives(runtime: &Runtime, path: &Path) -> f64 {
    let subjects = runtime.block_on(async {
        let store = Store::open(&Options::new(path)).expect("a store");
        let subjects = mix::subjects_in(&store, CLIENTS).await;
        store.close().await;
        subjects
    });
    let bare = Bare::start(path, bare::life_of_a_step);
    let rate = clients::here(batches::produce(&bare, subjects)) * CALLS;
    bare.stop();
    rate
}
