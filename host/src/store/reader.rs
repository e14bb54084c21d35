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

/// Steps of SQLite's machine between two looks at the clock.
const LOOK_EVERY: i32 = 10_000;

/// Reads one snapshot.
pub struct Reader<'c> {
    pub(super) connection: &'c Connection,
}

pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn open(options: &Options) -> anyhow::Result<Self> {
        let connections = (0..options.readers).map(|_| open::reader(options)).collect::<anyhow::Result<Vec<_>>>()?;
        let permits = Arc::new(Semaphore::new(connections.len()));
        Ok(Self { idle: Arc::new(Mutex::new(connections)), permits })
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
            let result = borrowed.connection.as_mut().map(|connection| on_snapshot(connection, job));
            drop(borrowed);
            drop(permit);
            result.unwrap_or_else(|| Err(StoreError::Closed.into()))
        });
        read.await.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(StoreError::Closed.into()),
        })
    }
}

/// A connection that goes back also when the read panics.
struct Borrowed<'i> {
    idle: &'i Mutex<Vec<Connection>>,
    connection: Option<Connection>,
}

impl<'i> Borrowed<'i> {
    fn take(idle: &'i Mutex<Vec<Connection>>) -> Option<Self> {
        let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        Some(Self { idle, connection: Some(connection) })
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

fn on_snapshot<T, E: From<StoreError>>(
    connection: &mut Connection,
    job: impl FnOnce(&Reader<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let deadline = Instant::now() + LONGEST_READ;
    connection.progress_handler(LOOK_EVERY, Some(move || Instant::now() > deadline)).map_err(StoreError::from)?;
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
