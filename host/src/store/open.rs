//! Opening the database: the version gate, the lock, and the settings of its connections.

use super::migrations;
use anyhow::Context;
use anyhow::bail;
use rusqlite::Connection;
use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;
use std::fs::File;
use std::fs::TryLockError;
use std::path::Path;
use std::path::PathBuf;
use thiserror::Error;

/// The first SQLite without the error that could corrupt a database when the write-ahead log was reset.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Prepared statements kept by each connection.
const STATEMENTS: usize = 256;

/// Pages that the writer keeps. They fill up with logs, which nobody needs twice; the system has them all the same.
const WRITER_CACHE_KIB: i64 = 8 * 1024;

/// Pages that each reader keeps. It forgets them whenever somebody wrote, so more would be of no use on a busy host.
const READER_CACHE_KIB: i64 = 2 * 1024;

/// Where the database is, and how many readers it has.
#[derive(Clone, Debug)]
pub struct Options {
    pub path: PathBuf,
    pub readers: usize,
}

impl Options {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), readers: 6 }
    }
}

/// Another process has the database.
#[derive(Debug, Error)]
#[error("the database {} belongs to a host that is running: stop that one first", .0.display())]
pub struct InUse(PathBuf);

/// The one connection that writes.
pub(super) fn writer(options: &Options) -> anyhow::Result<Connection> {
    check_version(rusqlite::version_number(), rusqlite::version())?;
    let path = &options.path;
    let mut connection = Connection::open(path)
        .with_context(|| format!("opening the database {} ([store] path): does its folder exist?", path.display()))?;
    settings(&connection).with_context(|| format!("opening the database {}", path.display()))?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    keep_plans(&connection)?;
    migrations::migrate(&mut connection).with_context(|| format!("the database {}", path.display()))?;
    check_after_crash(&connection).with_context(|| format!("the database {}", path.display()))?;
    Ok(connection)
}

/// After a life that did not end in order the file is looked at before anything relies on it.
fn check_after_crash(connection: &Connection) -> anyhow::Result<()> {
    let crashed: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM boots WHERE boot = (SELECT max(boot) FROM boots) AND ended_at IS NULL)",
        [],
        |row| row.get(0),
    )?;
    if crashed {
        let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found != "ok" {
            bail!("it is damaged: {found}; restore it from a copy, or recover it with sqlite3's .recover");
        }
    }
    Ok(())
}

/// Takes the database for this process alone: a second host would send what this one has under way. Held until drop.
pub(super) fn lock(options: &Options) -> anyhow::Result<File> {
    let mut path = options.path.clone().into_os_string();
    path.push(".lock");
    let file = File::create(&path).with_context(|| {
        format!("making {} beside the database ([store] path): does its folder exist?", Path::new(&path).display())
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(InUse(options.path.clone()).into()),
        Err(TryLockError::Error(error)) => Err(error).context("locking the database"),
    }
}

/// A connection that only reads.
pub(super) fn reader(options: &Options) -> anyhow::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(&options.path, flags).context("opening a reader of the database")?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    // A client that asks for a large table in an order of its own shall fill the disk's cache and not our memory.
    connection.pragma_update(None, "temp_store", "FILE")?;
    keep_plans(&connection)?;
    Ok(connection)
}

/// For who only looks: a database that is there, of this version.
pub(super) fn looker(options: &Options) -> anyhow::Result<Connection> {
    let path = options.path.display();
    let connection = reader(options).with_context(|| format!("the database {path} ([store] path): is it there?"))?;
    migrations::check(&connection).with_context(|| format!("the database {path}"))?;
    Ok(connection)
}

/// Statements are planned once. Without the guarantee, SQLite plans those that touch a partial index again for each new
/// value that is bound, which costs more than running them.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

fn settings(connection: &Connection) -> anyhow::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        bail!("its file system does not allow a write-ahead log (journal mode {mode}): put it on a local disk");
    }
    // FULL: what was acknowledged survives a power cut. Group commit makes it cheap.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    Ok(())
}

fn check_version(number: i32, version: &str) -> anyhow::Result<()> {
    if number < OLDEST_SQLITE {
        bail!(
            "SQLite {version} can corrupt a database; this host needs 3.51.3 or newer: build it with the bundled one"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_sqlite_is_new_enough_and_an_old_one_is_refused() {
        assert!(check_version(rusqlite::version_number(), rusqlite::version()).is_ok());
        let error = check_version(3_051_002, "3.51.2").expect_err("too old").to_string();
        assert!(error.contains("3.51.3"), "{error}");
    }
}
