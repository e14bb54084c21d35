//! The writer: one thread, one connection, many jobs a commit.
//!
//! While one commit reaches the disk the next jobs collect, so a busy host syncs once for hundreds of updates and an
//! idle one answers at once. Each job has a savepoint: what fails is taken back alone.
//!
//! Invariant: nobody hears of a result, and no bell rings, before the commit that holds it.

use super::Names;
use super::StoreError;
use super::reader::Reader;
use super::reader::execute;
use super::shelf::Shelf;
use super::tail::Tail;
use crate::model::Event;
use crate::model::Seq;
use rusqlite::Connection;
use rusqlite::ErrorCode;
use std::collections::HashMap;
use std::fs::File;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::sync::watch;

/// Jobs that wait; who comes when it is full waits too.
const QUEUE: usize = 4096;

/// Jobs in one commit.
const BATCH: usize = 512;

/// A commit whose events take so many bytes takes no further job.
const COMMIT_BYTES: usize = 16 * 1024 * 1024;

/// Pages in the write-ahead log before the writer moves them into the database (4 KiB each).
const CHECKPOINT_PAGES: i64 = 4000;

/// What a job leaves behind: told whether the commit held, it hands its result to who waits.
type Answer = Box<dyn FnOnce(Result<(), Broken>) + Send>;
/// Run in a transaction, or told that there is none.
type Job = Box<dyn FnOnce(Result<&mut Tx<'_>, Broken>) -> Answer + Send>;

/// Why a transaction came to nothing.
#[derive(Clone, Debug)]
struct Broken {
    reason: String,
    /// It passes: a full disk, a lock of somebody else.
    passes: bool,
}

/// Who is told after a commit.
pub(super) struct Bells {
    pub(super) tail: Arc<Tail>,
    pub(super) committed: watch::Sender<Seq>,
    pub(super) owed: watch::Sender<u64>,
    pub(super) told: watch::Sender<u64>,
    pub(super) to_merge: watch::Sender<u64>,
}

pub(super) struct Writer {
    jobs: mpsc::Sender<Option<Job>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// An open write transaction. All that a [`Reader`] can read, it can read too.
pub struct Tx<'c> {
    reader: Reader<'c>,
    pub(super) last: Seq,
    pub(super) events: Vec<Event>,
    /// What the events take, and what those of earlier jobs do.
    pub(super) bytes: usize,
    pub(super) bytes_before: usize,
    /// What the job knows of numbered names.
    pub(super) free_numbers: HashMap<(Names, String), u32>,
    pub(super) owes: bool,
    pub(super) tells: bool,
    pub(super) merges: bool,
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
    pub(super) fn start(
        (connection, lock): (Connection, File),
        last: Seq,
        bells: Bells,
        shelf: Arc<Shelf>,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || {
            run(&connection, last, (&bells, &shelf), queue);
            drop((connection, lock));
        })?;
        Ok(Self { jobs, thread: Mutex::new(Some(thread)) })
    }

    /// One that takes no work.
    pub(super) fn none() -> Self {
        Self { jobs: mpsc::channel(1).0, thread: Mutex::new(None) }
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
            let result = match tx {
                Ok(tx) => {
                    tx.bytes_before = tx.bytes;
                    tx.free_numbers.clear();
                    tx.apart(job)
                }
                Err(broken) => Err(broken.error().into()),
            };
            Box::new(move |committed: Result<(), Broken>| {
                let result = match committed {
                    Ok(()) => result,
                    Err(broken) => result.and(Err(broken.error().into())),
                };
                // Nobody waits any more: the write stands all the same.
                let _ = answer.send(result);
            })
        });
        self.jobs.send(Some(job)).await.map_err(|_| StoreError::Closed)?;
        result.await.map_err(|_| StoreError::Closed)?
    }

    /// Returns when it takes no more work.
    pub(super) async fn closed(&self) {
        self.jobs.closed().await;
    }

    /// Returns when all that was sent before is committed and the database is closed.
    pub(super) async fn close(&self) {
        // When the thread has ended already there is nobody to tell.
        let _ = self.jobs.send(None).await;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Broken {
    fn new(error: &StoreError) -> Self {
        let passes = matches!(
            error,
            StoreError::Sqlite(error)
                if matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy))
        );
        Self { reason: error.to_string(), passes }
    }

    fn error(&self) -> StoreError {
        let reason = self.reason.clone();
        if self.passes { StoreError::Unavailable(reason) } else { StoreError::Commit(reason) }
    }
}

impl Tx<'_> {
    /// Runs a part so that its error leaves no trace of it, and the rest stands.
    pub fn apart<T, E: From<StoreError>>(&mut self, part: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let (events, bytes) = (self.events.len(), self.bytes);
        let (last, rings) = (self.last, (self.owes, self.tells, self.merges));
        execute(self.connection(), "SAVEPOINT part")?;
        let result = part(self);
        if result.is_err() {
            self.events.truncate(events);
            self.bytes = bytes;
            self.free_numbers.clear();
            (self.last, (self.owes, self.tells, self.merges)) = (last, rings);
            execute(self.connection(), "ROLLBACK TO part")?;
        }
        execute(self.connection(), "RELEASE part")?;
        result
    }
}

fn run(
    connection: &Connection,
    mut last: Seq,
    (bells, shelf): (&Bells, &Shelf),
    mut queue: mpsc::Receiver<Option<Job>>,
) {
    let mut open = true;
    shelf.end_writing();
    while open && let Some(Some(first)) = queue.blocking_recv() {
        shelf.begin_writing();
        (open, last) = commit_batch(connection, last, bells, (first, &mut queue));
        checkpoint(connection, queue.is_empty());
        shelf.end_writing();
    }
    shelf.begin_writing();
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

/// One transaction with all jobs that wait, then their answers. Tells whether to go on, and the last position.
fn commit_batch(
    connection: &Connection,
    last: Seq,
    bells: &Bells,
    (first, queue): (Job, &mut mpsc::Receiver<Option<Job>>),
) -> (bool, Seq) {
    let mut state = execute(connection, "BEGIN IMMEDIATE").map_err(|error| Broken::new(&error));
    let reader = Reader { connection };
    let events = Vec::new();
    let mut tx = Tx {
        reader,
        last,
        events,
        bytes: 0,
        bytes_before: 0,
        free_numbers: HashMap::new(),
        owes: false,
        tells: false,
        merges: false,
    };
    let (mut answers, mut open, mut next) = (Vec::new(), true, Some(first));
    while let Some(job) = next.take() {
        answers.push(job(state.clone().map(|()| &mut tx)));
        if state.is_ok() && connection.is_autocommit() {
            // SQLite gave the whole transaction up: nothing after this may be written on its own.
            state = Err(Broken { reason: "the disk is full, or failed".to_owned(), passes: true });
        }
        if answers.len() < BATCH && tx.bytes < COMMIT_BYTES {
            match queue.try_recv() {
                Ok(Some(job)) => next = Some(job),
                Ok(None) => open = false,
                Err(_) => {}
            }
        }
    }
    let state = state.and_then(|()| execute(connection, "COMMIT").map_err(|error| Broken::new(&error)));
    let last = if state.is_ok() { ring(bells, tx) } else { last };
    if let Err(broken) = &state {
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        // After a failed sync nobody knows what is on disk: stop, and let the next start look.
        open &= broken.passes;
        tracing::error!(reason = broken.reason, open, "the database could not commit");
    }
    for answer in answers {
        answer(state.clone());
    }
    (open, last)
}

fn ring(bells: &Bells, tx: Tx<'_>) -> Seq {
    let Tx { last, events, owes, tells, merges, .. } = tx;
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
    if merges {
        bells.to_merge.send_modify(|count| *count = count.wrapping_add(1));
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
