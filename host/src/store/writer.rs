//! The writer: one thread, one connection, many jobs a commit.
//!
//! While one commit reaches the disk the next jobs collect, so a busy host syncs once for hundreds of updates and an
//! idle one answers at once. Each job has a savepoint: what fails is taken back alone.
//!
//! Invariant: nobody hears of a result, and no bell rings, before the commit that holds it.

use super::StoreError;
use super::reader::Reader;
use super::reader::execute;
use super::tail::Tail;
use crate::model::Event;
use crate::model::Seq;
use rusqlite::Connection;
use std::fs::File;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::sync::watch;

/// Jobs that wait; who comes when it is full waits too.
const QUEUE: usize = 4096;

/// Jobs in one commit.
const BATCH: usize = 512;

/// Pages in the write-ahead log before the writer moves them into the database (4 KiB each).
const CHECKPOINT_PAGES: i64 = 4000;

/// What a job leaves behind: told whether the commit held, it hands its result to who waits.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;
type Job = Box<dyn FnOnce(&mut Tx<'_>) -> Answer + Send>;

/// Who is told after a commit.
pub(super) struct Bells {
    pub(super) tail: Arc<Tail>,
    pub(super) committed: watch::Sender<Seq>,
    pub(super) owed: watch::Sender<u64>,
    pub(super) told: watch::Sender<u64>,
}

pub(super) struct Writer {
    jobs: mpsc::Sender<Option<Job>>,
}

/// An open write transaction. All that a [`Reader`] can read, it can read too.
pub struct Tx<'c> {
    reader: Reader<'c>,
    pub(super) last: Seq,
    pub(super) events: Vec<Event>,
    pub(super) owes: bool,
    pub(super) tells: bool,
}

impl<'c> Deref for Tx<'c> {
    type Target = Reader<'c>;

    fn deref(&self) -> &Self::Target {
        &self.reader
    }
}

impl<'c> Tx<'c> {
    pub(super) fn connection(&self) -> &'c Connection {
        self.reader.connection
    }
}

impl Writer {
    /// The lock is the writer's: who waits for it to end finds the database free.
    pub(super) fn start((connection, lock): (Connection, File), last: Seq, bells: Bells) -> std::io::Result<Self> {
        let (jobs, mut queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new().name("store".to_owned()).spawn(move || {
            run(&connection, last, &bells, &mut queue);
            drop((connection, lock));
            // Last of all, for this is what `close` waits for.
            drop(queue);
        })?;
        Ok(Self { jobs })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.jobs.is_closed()
    }

    pub(super) async fn write<T, E>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            let result = in_savepoint(tx, job);
            Box::new(move |committed: Result<(), String>| {
                let result = match committed {
                    Ok(()) => result,
                    Err(reason) => result.and(Err(StoreError::Commit(reason).into())),
                };
                // Nobody waits any more: the write stands all the same.
                let _ = answer.send(result);
            })
        });
        self.jobs.send(Some(job)).await.map_err(|_| StoreError::Closed)?;
        result.await.map_err(|_| StoreError::Closed)?
    }

    /// Returns when all that was sent before is committed and the database is closed.
    pub(super) async fn close(&self) {
        if self.jobs.send(None).await.is_ok() {
            self.jobs.closed().await;
        }
    }
}

/// Runs one job so that an error leaves no trace of it.
fn in_savepoint<T, E: From<StoreError>>(
    tx: &mut Tx<'_>,
    job: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let (events, last, rings) = (tx.events.len(), tx.last, (tx.owes, tx.tells));
    execute(tx.connection(), "SAVEPOINT job")?;
    let result = job(tx);
    if result.is_err() {
        tx.events.truncate(events);
        (tx.last, (tx.owes, tx.tells)) = (last, rings);
        execute(tx.connection(), "ROLLBACK TO job")?;
    }
    execute(tx.connection(), "RELEASE job")?;
    result
}

fn run(connection: &Connection, mut last: Seq, bells: &Bells, queue: &mut mpsc::Receiver<Option<Job>>) {
    while let Some(Some(first)) = queue.blocking_recv() {
        let (stop, reached) = commit_batch(connection, last, bells, (first, queue));
        last = reached;
        if stop {
            break;
        }
        checkpoint(connection, queue.is_empty());
    }
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

/// One transaction with all jobs that wait, then their answers. Tells whether to stop, and the last position.
fn commit_batch(
    connection: &Connection,
    last: Seq,
    bells: &Bells,
    (first, queue): (Job, &mut mpsc::Receiver<Option<Job>>),
) -> (bool, Seq) {
    let begun = execute(connection, "BEGIN IMMEDIATE");
    let mut tx = Tx { reader: Reader { connection }, last, events: Vec::new(), owes: false, tells: false };
    let mut answers = Vec::new();
    let mut stop = false;
    let mut next = Some(first);
    while let Some(job) = next.take() {
        answers.push(job(&mut tx));
        if answers.len() < BATCH {
            match queue.try_recv() {
                Ok(Some(job)) => next = Some(job),
                Ok(None) => stop = true,
                Err(_) => {}
            }
        }
    }
    let committed = begun.and_then(|()| execute(connection, "COMMIT")).map_err(|error| error.to_string());
    let last = if committed.is_ok() { ring(bells, tx) } else { last };
    for answer in answers {
        answer(committed.clone());
    }
    if let Err(reason) = committed {
        // After a failed sync nobody knows what is on disk: stop, and let the next start look.
        tracing::error!(reason, "the database could not commit; the store is closed");
        let _ = connection.execute_batch("ROLLBACK");
        stop = true;
    }
    (stop, last)
}

fn ring(bells: &Bells, tx: Tx<'_>) -> Seq {
    let Tx { last, events, owes, tells, .. } = tx;
    if !events.is_empty() {
        bells.tail.push(events);
        bells.committed.send_replace(last);
    }
    if owes {
        bells.owed.send_modify(|count| *count = count.wrapping_add(1));
    }
    if tells {
        bells.told.send_modify(|count| *count = count.wrapping_add(1));
    }
    last
}

/// Moves the write-ahead log into the database when it is long, or when there is time.
fn checkpoint(connection: &Connection, idle: bool) {
    let pages = connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get::<_, i64>(1)).unwrap_or(0);
    let mode = match pages {
        0..CHECKPOINT_PAGES => return,
        _ if idle => "PRAGMA wal_checkpoint(TRUNCATE)",
        _ => "PRAGMA wal_checkpoint(PASSIVE)",
    };
    connection.busy_timeout(Duration::from_millis(10)).ok();
    if let Err(error) = connection.query_row(mode, [], |_| Ok(())) {
        tracing::debug!(%error, "the write-ahead log was not moved this time");
    }
    connection.busy_timeout(Duration::from_secs(5)).ok();
}
