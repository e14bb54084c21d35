//! Readers: read-only connections, each read on a snapshot and cut off after two seconds, here or on another thread.
//!
//! Not here: which snapshot, and for how long it is kept (`shelf.rs`).

use super::StoreError;
use super::open::Options;
use super::shelf::Borrowed;
use super::shelf::Limit;
use super::shelf::Shelf;
use rusqlite::Connection;
use rusqlite::ErrorCode;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use tokio::sync::Semaphore;

/// After so long a read is ended.
pub(super) const LONGEST_READ: Duration = Duration::from_secs(2);

/// Looks after which a read in place is cut off: some 20,000 steps, less than a millisecond.
const LOOKS_IN_PLACE: u32 = 2;

/// Connections that the questions of clients leave to everything else: health, dispatch, live events, logs.
const KEPT_FOR_HOST: usize = 2;

/// Reads one snapshot.
pub struct Reader<'c> {
    pub(super) connection: &'c Connection,
}

pub(super) struct Readers {
    shelf: Arc<Shelf>,
    permits: Arc<Semaphore>,
    client_turns: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn open(options: &Options, shelf: Arc<Shelf>) -> anyhow::Result<Self> {
        for _ in 0..options.readers {
            shelf.add(options)?;
        }
        let permits = Arc::new(Semaphore::new(options.readers));
        let client_turns = Arc::new(Semaphore::new(options.readers.saturating_sub(KEPT_FOR_HOST).max(1)));
        Ok(Self { shelf, permits, client_turns })
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
        let shelf = Arc::clone(&self.shelf);
        let read = tokio::task::spawn_blocking(move || {
            let mut borrowed = Borrowed::take(&shelf).ok_or(StoreError::Closed)?;
            let result = borrowed.run(Limit::At(Instant::now() + LONGEST_READ), job);
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
        self.read_here(job).await
    }

    async fn read_here<T, E>(&self, job: impl Fn(&Reader<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match self.in_place(&job) {
            Some(result) => result,
            None => self.read(job).await,
        }
    }

    /// As [`Self::read_soon`], for a question that anybody may ask, as long as it may be: some connections are left alone.
    pub(super) async fn read_for_client<T, E>(
        &self,
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
        self.read_here(job).await
    }

    /// Nothing when no connection is free, or when the job is too long.
    fn in_place<T, E: From<StoreError>>(&self, job: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Option<Result<T, E>> {
        let _permit = self.permits.try_acquire().ok()?;
        let mut borrowed = Borrowed::take(&self.shelf)?;
        let result = borrowed.run(Limit::AfterLooks(LOOKS_IN_PLACE), job);
        (borrowed.looks_left() > 0).then_some(result)
    }

    /// Looks at the limit while a job ran on the thread that asks: each is 10,000 steps of SQLite's machine.
    pub(super) fn looks<T, E: From<StoreError>>(
        &self,
        job: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<(T, u32), E> {
        let _permit = self.permits.try_acquire().map_err(|_| StoreError::Closed)?;
        let mut borrowed = Borrowed::take(&self.shelf).ok_or(StoreError::Closed)?;
        let result = borrowed.run(Limit::AfterLooks(u32::MAX), job)?;
        Ok((result, u32::MAX - borrowed.looks_left()))
    }
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
    use super::super::open;
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
        let readers = Readers::open(&options, Arc::default()).expect("readers");
        let mut clients = pin!(join_all((0..20).map(|_| readers.read_for_client(endless))));
        assert!(poll!(clients.as_mut()).is_pending());
        let one =
            readers.read(|reader| Ok::<_, StoreError>(reader.connection.query_row("SELECT 1", [], |row| row.get(0))?));
        assert_eq!(one.await.ok(), Some(1));
        assert_eq!(readers.client_turns.available_permits(), 0, "none of theirs has ended");
    }
}
