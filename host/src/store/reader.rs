//! Readers: read-only connections, each read on a snapshot of its own and cut off after two seconds.
//!
//! A snapshot that is held for long would keep the write-ahead log growing.

use super::StoreError;
use super::open;
use super::open::Options;
use rusqlite::Connection;
use rusqlite::ErrorCode;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;
use tokio::sync::Semaphore;

/// After so long a read is ended.
pub(super) const LONGEST_READ: Duration = Duration::from_secs(2);

/// Steps of SQLite's machine between two looks at the limit of a read.
const LOOK_EVERY: i32 = 10_000;

/// Looks after which a read in place is cut off: some 20,000 steps, less than a millisecond.
const LOOKS_IN_PLACE: u32 = 2;

/// Connections that the questions of clients leave to everything else: health, dispatch, live events, logs.
const KEPT_FOR_HOST: usize = 2;

/// How many statements a read makes. One by itself sees one state of the database; several need a transaction for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statements {
    One,
    Several,
}

/// Reads one snapshot.
pub struct Reader<'c> {
    pub(super) connection: &'c Connection,
}

pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Idle>>>,
    permits: Arc<Semaphore>,
    client_turns: Arc<Semaphore>,
}

/// A connection, and what ends its reads.
struct Idle {
    connection: Connection,
    limit: Arc<Mutex<Limit>>,
}

/// When a read is cut off.
enum Limit {
    At(Instant),
    AfterLooks(u32),
}

impl Readers {
    pub(super) fn open(options: &Options) -> anyhow::Result<Self> {
        let idle = (0..options.readers).map(|_| Idle::open(options)).collect::<anyhow::Result<Vec<_>>>()?;
        let permits = Arc::new(Semaphore::new(idle.len()));
        let client_turns = Arc::new(Semaphore::new(idle.len().saturating_sub(KEPT_FOR_HOST).max(1)));
        Ok(Self { idle: Arc::new(Mutex::new(idle)), permits, client_turns })
    }

    pub(super) async fn read<T, E>(
        &self,
        job: impl FnOnce(&Reader<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let idle = Arc::clone(&self.idle);
        let read = tokio::task::spawn_blocking(move || {
            let mut borrowed = Borrowed::take(&idle).ok_or(StoreError::Closed)?;
            let result = borrowed.run(Limit::At(Instant::now() + LONGEST_READ), Statements::Several, job);
            drop(borrowed);
            drop(permit);
            result
        });
        read.await.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(StoreError::Closed.into()),
        })
    }

    /// As [`Self::read`], but where a connection is free the job runs at once on the thread that asks: going to
    /// another thread and back costs more than most reads. One that turns out to be long is cut off and run again there.
    pub(super) async fn read_soon<T, E>(
        &self,
        job: impl Fn(&Reader<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.read_here(Statements::Several, job).await
    }

    async fn read_here<T, E>(
        &self,
        statements: Statements,
        job: impl Fn(&Reader<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match self.in_place(statements, &job) {
            Some(result) => result,
            None => self.read(job).await,
        }
    }

    /// As [`Self::read_soon`], for a question that anybody may ask, as long as it may be: some connections are left alone.
    pub(super) async fn read_for_client<T, E>(
        &self,
        statements: Statements,
        job: impl Fn(&Reader<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let turn = Arc::clone(&self.client_turns).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let job = move |reader: &Reader<'_>| {
            // The turn goes with the job: a client that does not wait leaves it running.
            let _turn = &turn;
            job(reader)
        };
        self.read_here(statements, job).await
    }

    /// Nothing when no connection is free, or when the job is too long.
    fn in_place<T, E: From<StoreError>>(
        &self,
        statements: Statements,
        job: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        let _permit = self.permits.try_acquire().ok()?;
        let mut borrowed = Borrowed::take(&self.idle)?;
        let result = borrowed.run(Limit::AfterLooks(LOOKS_IN_PLACE), statements, job);
        (borrowed.looks_left() > 0).then_some(result)
    }

    /// Looks at the limit while a job ran on the thread that asks: each is 10,000 steps of SQLite's machine.
    pub(super) fn looks<T, E: From<StoreError>>(
        &self,
        job: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<(T, u32), E> {
        let _permit = self.permits.try_acquire().map_err(|_| StoreError::Closed)?;
        let mut borrowed = Borrowed::take(&self.idle).ok_or(StoreError::Closed)?;
        let result = borrowed.run(Limit::AfterLooks(u32::MAX), Statements::Several, job)?;
        Ok((result, u32::MAX - borrowed.looks_left()))
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
        Ok(Self { connection, limit })
    }
}

/// A connection that goes back also when the read panics.
struct Borrowed<'i> {
    home: &'i Mutex<Vec<Idle>>,
    idle: Option<Idle>,
}

impl<'i> Borrowed<'i> {
    fn take(home: &'i Mutex<Vec<Idle>>) -> Option<Self> {
        let idle = home.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        Some(Self { home, idle: Some(idle) })
    }

    fn run<T, E: From<StoreError>>(
        &mut self,
        limit: Limit,
        statements: Statements,
        job: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.idle.as_ref().ok_or(StoreError::Closed)?;
        *idle.limit.lock().unwrap_or_else(PoisonError::into_inner) = limit;
        match statements {
            Statements::One => job(&Reader { connection: &idle.connection }),
            Statements::Several => on_snapshot(&idle.connection, job),
        }
    }

    /// None of a read that was cut off.
    fn looks_left(&self) -> u32 {
        let limit = self.idle.as_ref().map(|idle| idle.limit.lock().unwrap_or_else(PoisonError::into_inner));
        match limit.as_deref() {
            Some(Limit::AfterLooks(left)) => *left,
            Some(Limit::At(_)) | None => 0,
        }
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if let Some(idle) = self.idle.take() {
            if !idle.connection.is_autocommit() {
                let _ = idle.connection.execute_batch("ROLLBACK");
            }
            self.home.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
        }
    }
}

fn on_snapshot<T, E: From<StoreError>>(
    connection: &Connection,
    job: impl FnOnce(&Reader<'_>) -> Result<T, E>,
) -> Result<T, E> {
    execute(connection, "BEGIN DEFERRED")?;
    let result = job(&Reader { connection });
    if execute(connection, "COMMIT").is_err() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    result
}

/// Runs a statement that answers nothing.
pub(super) fn execute(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

impl From<rusqlite::Error> for StoreError {
    /// A read that was cut off says so in our words.
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Self::TooSlow,
            _ => Self::Sqlite(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use futures_util::poll;
    use std::pin::pin;

    /// Goes on until it is cut off.
    fn endless(reader: &Reader<'_>) -> Result<i64, StoreError> {
        let sql = "WITH RECURSIVE n (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
        Ok(reader.connection.query_row(sql, [], |row| row.get(0))?)
    }

    #[tokio::test]
    async fn clients_with_long_questions_leave_connections_to_the_host() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options::new(folder.path().join("campanile.db"));
        let _writer = open::writer(&options).expect("a database");
        let readers = Readers::open(&options).expect("readers");
        let mut clients = pin!(join_all((0..20).map(|_| readers.read_for_client(Statements::Several, endless))));
        assert!(poll!(clients.as_mut()).is_pending());
        let one =
            readers.read(|reader| Ok::<_, StoreError>(reader.connection.query_row("SELECT 1", [], |row| row.get(0))?));
        assert_eq!(one.await.ok(), Some(1));
        assert_eq!(readers.client_turns.available_permits(), 0, "none of theirs has ended");
    }
}
