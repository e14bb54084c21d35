//! Update calls in batches of 100: against a bare writer thread that does the same statements for as many producers.

use crate::bare::Bare;
use crate::clients;
use crate::host;
use crate::host::Host;
use crate::mix;
use crate::mix::BATCH;
use crate::mix::Subject;
use crate::rounds;
use crate::table::Goal;
use crate::table::Row;
use crate::table::per_second;
use campanile::store::Options;
use campanile::store::Store;
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// Each has one batch under way.
const CLIENTS: usize = 16;
const TIME: Duration = Duration::from_millis(1500);

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let host = Host::start(runtime, &host::setup());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bare.db");
    let (figure, limit, ratio) = rounds::in_turns(|| served(&host), || bare(runtime, &path));
    let rows = |database: &Connection| {
        let sql =
            "SELECT (SELECT count(*) FROM steps) * 1000 / count(*), (SELECT count(*) FROM logchunks) * 1000 / count(*),
            round(avg(length(body) + length(topics)) / 20) FROM events";
        database.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, f64>(2)?)))
    };
    let of_bare = Connection::open(&path).and_then(|database| rows(&database)).expect("counts");
    let of_host = rows(&host.database()).expect("counts");
    if of_bare != of_host {
        println!("the bare writer does not do what the host does: {of_bare:?} instead of {of_host:?}");
    }
    host.stop();
    let what = format!("update calls, in batches of {BATCH}");
    let limit = (format!("bare writer {}", per_second(limit)), ratio);
    vec![Row::new(&what, per_second(figure), limit, Goal::AtLeast(0.5))]
}

fn served(host: &Host<'_>) -> f64 {
    let subjects = mix::subjects(host.address(), CLIENTS);
    let scripts = subjects.iter().map(|subject| subject.batch()).collect();
    clients::load(host.address(), scripts, TIME).rate() * BATCH as f64
}

fn bare(runtime: &Runtime, path: &Path) -> f64 {
    let subjects = runtime.block_on(async {
        let store = Store::open(&Options::new(path)).expect("a store");
        let subjects = mix::subjects_in(&store, CLIENTS).await;
        store.close().await;
        subjects
    });
    let bare = Bare::start(path, crate::bare::batch);
    let rate = clients::here(produce(&bare, subjects)) * BATCH as f64;
    bare.stop();
    rate
}

pub(crate) async fn produce(bare: &Bare, subjects: Vec<Subject>) -> f64 {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for subject in subjects {
        let jobs = bare.jobs.clone();
        tasks.spawn_local(async move {
            let mut batches = 0;
            while started.elapsed() < TIME {
                let (done, committed) = tokio::sync::oneshot::channel();
                jobs.send((subject, batches * BATCH + 1, done)).expect("the writer runs");
                committed.await.expect("the writer commits");
                batches += 1;
            }
            batches
        });
    }
    let mut batches = 0;
    while let Some(done) = tasks.join_next().await {
        batches += done.expect("a producer");
    }
    batches as f64 / started.elapsed().as_secs_f64()
}
