//! The connections that read, while nobody uses them; each keeps its snapshot until somebody writes.
//!
//! To begin and end a snapshot takes the locks of the write-ahead log, which are system calls: a sixth of a short read.
//! One process has the database, so it knows when there is something new. Before the writer begins, all that are here let
//! go of what they saw; a snapshot that is held would keep the log from beginning anew.
//!
//! Invariant: a read sees every commit that was answered before it began.

use super::StoreError;
use super::open;
use super::open::Options;
use super::reader::Reader;
use super::reader::execute;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Steps of SQLite's machine between two looks at the limit of a read.
const LOOK_EVERY: i32 = 10_000;

/// Where connections stand between reads.
#[derive(Default)]
pub(super) struct Shelf {
    idle: Mutex<Vec<Idle>>,
    /// Begun and ended writes: even while somebody may write, odd while nobody does.
    turns: AtomicU64,
}

/// A connection, and what ends its reads.
struct Idle {
    connection: Connection,
    limit: Arc<Mutex<Limit>>,
    /// When its snapshot was begun, if it has one: a turn in which nobody wrote.
    seen: Option<u64>,
}

/// When a read is cut off.
pub(super) enum Limit {
    At(Instant),
    AfterLooks(u32),
}

impl Shelf {
    /// One more connection.
    pub(super) fn add(&self, options: &Options) -> anyhow::Result<()> {
        let idle = Idle::open(options)?;
        self.idle().push(idle);
        Ok(())
    }

    /// Somebody writes from here on.
    pub(super) fn begin_writing(&self) {
        self.turns.fetch_add(1, Ordering::AcqRel);
        for idle in self.idle().iter_mut() {
            idle.let_go();
        }
    }

    /// What was written is committed, or taken back.
    pub(super) fn end_writing(&self) {
        self.turns.fetch_add(1, Ordering::AcqRel);
    }

    /// This turn, if nobody writes in it.
    fn quiet(&self) -> Option<u64> {
        let turn = self.turns.load(Ordering::Acquire);
        (turn % 2 == 1).then_some(turn)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    fn open(options: &Options) -> anyhow::Result<Self> {
        let mut connection = open::reader(options)?;
        let limit = Arc::new(Mutex::new(Limit::At(Instant::now())));
        let asked = Arc::clone(&limit);
        let is_over = move || match &mut *asked.lock().unwrap_or_else(PoisonError::into_inner) {
            Limit::At(end) => Instant::now() > *end,
            Limit::AfterLooks(left) => {
                *left = left.saturating_sub(1);
                *left == 0
            }
        };
        connection.progress_handler(LOOK_EVERY, Some(is_over))?;
        Ok(Self { connection, limit, seen: None })
    }

    /// Sees what is committed now.
    fn look(&mut self, quiet: Option<u64>) -> Result<(), StoreError> {
        if self.seen.is_some() && self.seen == quiet && !self.connection.is_autocommit() {
            return Ok(());
        }
        self.let_go();
        execute(&self.connection, "BEGIN DEFERRED")?;
        self.seen = quiet;
        Ok(())
    }

    fn let_go(&mut self) {
        self.seen = None;
        if !self.connection.is_autocommit() && execute(&self.connection, "COMMIT").is_err() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

/// A connection that goes back also when the read panics.
pub(super) struct Borrowed<'s> {
    shelf: &'s Shelf,
    idle: Option<Idle>,
}

impl<'s> Borrowed<'s> {
    pub(super) fn take(shelf: &'s Shelf) -> Option<Self> {
        let idle = shelf.idle().pop()?;
        Some(Self { shelf, idle: Some(idle) })
    }

    pub(super) fn run<T, E: From<StoreError>>(
        &mut self,
        limit: Limit,
        job: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.idle.as_mut().ok_or(StoreError::Closed)?;
        *idle.limit.lock().unwrap_or_else(PoisonError::into_inner) = limit;
        // Asked before the snapshot begins: what is committed in between it may see, but does not count on.
        idle.look(self.shelf.quiet())?;
        job(&Reader { connection: &idle.connection })
    }

    /// None of a read that was cut off.
    pub(super) fn looks_left(&self) -> u32 {
        let limit = self.idle.as_ref().map(|idle| idle.limit.lock().unwrap_or_else(PoisonError::into_inner));
        match limit.as_deref() {
            Some(Limit::AfterLooks(left)) => *left,
            Some(Limit::At(_)) | None => 0,
        }
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let Some(mut idle) = self.idle.take() else { return };
        let mut shelf = self.shelf.idle();
        // While the shelf is locked no writer can think that it is cleared and miss this one.
        if idle.seen.is_none() || idle.seen != self.shelf.quiet() || std::thread::panicking() {
            drop(shelf);
            idle.let_go();
            shelf = self.shelf.idle();
        }
        shelf.push(idle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scene {
        writer: Connection,
        shelf: Shelf,
        wal: std::path::PathBuf,
        _folder: tempfile::TempDir,
    }

    fn scene() -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options::new(folder.path().join("campanile.db"));
        let writer = open::writer(&options).expect("a database");
        writer.execute_batch("CREATE TABLE t (x INTEGER, filling TEXT)").expect("a table");
        let shelf = Shelf::default();
        for _ in 0..2 {
            shelf.add(&options).expect("a connection");
        }
        shelf.end_writing();
        Scene { writer, shelf, wal: folder.path().join("campanile.db-wal"), _folder: folder }
    }

    impl Scene {
        fn write(&self, x: i64) {
            self.shelf.begin_writing();
            let sql = "INSERT INTO t VALUES (?1, hex(zeroblob(2000)))";
            self.writer.execute(sql, [x]).expect("a row");
            self.shelf.end_writing();
        }

        fn sum(&self) -> i64 {
            let mut borrowed = Borrowed::take(&self.shelf).expect("a connection");
            borrowed.run(Limit::AfterLooks(9), sum).expect("a number")
        }

        fn snapshots(&self) -> Vec<bool> {
            self.shelf.idle().iter().map(|idle| !idle.connection.is_autocommit()).collect()
        }
    }

    fn sum(reader: &Reader<'_>) -> Result<i64, StoreError> {
        Ok(reader.connection.query_row("SELECT total(x) FROM t", [], |row| row.get::<_, f64>(0))? as i64)
    }

    #[test]
    fn a_snapshot_is_kept_until_somebody_writes_and_no_longer() {
        let scene = scene();
        scene.write(1);
        assert_eq!(scene.sum(), 1);
        assert_eq!(scene.snapshots(), [false, true]);
        assert_eq!(scene.sum(), 1);
        scene.shelf.begin_writing();
        assert_eq!(scene.snapshots(), [false, false]);
        assert_eq!(scene.sum(), 1);
        assert_eq!(scene.snapshots(), [false, false], "kept while somebody writes");
        scene.shelf.end_writing();
        scene.write(2);
        assert_eq!(scene.sum(), 3);
    }

    #[test]
    fn a_read_that_was_out_while_somebody_wrote_keeps_nothing() {
        let scene = scene();
        let mut borrowed = Borrowed::take(&scene.shelf).expect("a connection");
        assert_eq!(borrowed.run(Limit::AfterLooks(9), sum).expect("a number"), 0);
        scene.write(5);
        assert_eq!(borrowed.run(Limit::AfterLooks(9), sum).expect("a number"), 5, "each run looks anew");
        scene.write(5);
        drop(borrowed);
        assert_eq!(scene.snapshots(), [false, false]);
    }

    #[test]
    fn the_log_begins_anew_although_somebody_reads_between_all_writes() {
        let scene = scene();
        let mut longest = 0;
        for x in 0..300 {
            scene.write(x);
            scene.sum();
            if x % 20 == 0 {
                scene.shelf.begin_writing();
                scene.writer.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).expect("a checkpoint");
                scene.shelf.end_writing();
            }
            longest = longest.max(std::fs::metadata(&scene.wal).expect("a log").len());
        }
        assert_eq!(scene.sum(), 300 * 299 / 2);
        assert!(longest < 120 * 4096 * 2, "it has {longest} bytes");
    }

    #[test]
    fn a_read_that_panics_leaves_no_snapshot() {
        let scene = scene();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut borrowed = Borrowed::take(&scene.shelf).expect("a connection");
            borrowed.run(Limit::AfterLooks(9), |reader| {
                sum(reader)?;
                if true {
                    panic!("a job's own");
                }
                Ok::<_, StoreError>(())
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(scene.snapshots(), [false, false]);
    }
}
