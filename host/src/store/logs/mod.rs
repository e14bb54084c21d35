//! Logs: their rows, and lines appended to them.
//!
//! Lines stand in chunks of at most 64 KiB, more only where a single line is longer; chunks follow on each other
//! without a gap. Reading them is in `text.rs`, putting small ones together in `merge.rs`.

mod chunk;
mod merge;
mod text;

pub use chunk::CHUNK_BYTES;
pub use chunk::Chunk;
pub use chunk::Packer;
pub use merge::Merge;
pub use text::LogText;

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::BuildId;
use crate::model::Log;
use crate::model::LogId;
use crate::model::LogKind;
use crate::model::StepId;
use rusqlite::OptionalExtension;
use rusqlite::Row;

const SELECT: &str = "SELECT logid, name, slug, stepid, complete, num_lines, type FROM logs";

const INSERT_CHUNK: &str =
    "INSERT INTO logchunks (logid, first_line, last_line, bytes, compressed, content) VALUES (?, ?, ?, ?, ?, ?)";

impl Tx<'_> {
    /// The slug must be free.
    pub fn insert_log(&mut self, step: StepId, (name, slug): (&str, &str), kind: LogKind) -> Result<LogId, StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached("INSERT INTO logs (name, slug, stepid, type) VALUES (?, ?, ?, ?)")?
            .execute((name, slug, step, kind))?;
        Ok(LogId(connection.last_insert_rowid()))
    }

    /// Appends chunks to the log as it is now. Returns the number of the line after them.
    pub fn append_chunks(&mut self, log: &Log, chunks: &[Chunk]) -> Result<i64, StoreError> {
        let connection = self.connection();
        let mut insert = connection.prepare_cached(INSERT_CHUNK)?;
        let mut line = log.num_lines;
        for chunk in chunks {
            let last = line + chunk.lines - 1;
            insert.execute((log.logid, line, last, chunk.bytes, chunk.packing, &chunk.content))?;
            line = last + 1;
        }
        connection.prepare_cached("UPDATE logs SET num_lines = ?2 WHERE logid = ?1")?.execute((log.logid, line))?;
        Ok(line)
    }

    /// A log of one chunk is well as it is; others are put together afterwards.
    pub fn finish_log(&mut self, id: LogId) -> Result<bool, StoreError> {
        let merged = self.is_of_one_chunk(id)?;
        let changed = self
            .connection()
            .prepare_cached("UPDATE logs SET complete = 1, merged = ?2 WHERE logid = ?1")?
            .execute((id, merged))?;
        self.merges |= !merged;
        Ok(changed > 0)
    }
}

impl Reader<'_> {
    pub fn log(&self, id: LogId) -> Result<Option<Log>, StoreError> {
        let sql = format!("{SELECT} WHERE logid = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
    }

    pub fn log_by_slug(&self, step: StepId, slug: &str) -> Result<Option<Log>, StoreError> {
        let sql = format!("{SELECT} WHERE stepid = ? AND slug = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row((step, slug), read).optional()?)
    }

    /// How many logs the step has.
    pub fn count_logs(&self, step: StepId) -> Result<i64, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT count(*) FROM logs WHERE stepid = ?")?;
        Ok(select.query_row([step], |row| row.get(0))?)
    }

    /// The logs of a step, by id.
    pub fn logs_of(&self, step: StepId) -> Result<Vec<Log>, StoreError> {
        let sql = format!("{SELECT} WHERE stepid = ? ORDER BY logid");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map([step], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The logs of all steps of a build, by id.
    pub fn logs_of_build(&self, build: BuildId) -> Result<Vec<Log>, StoreError> {
        let sql = format!("{SELECT} WHERE stepid IN (SELECT stepid FROM steps WHERE buildid = ?) ORDER BY logid");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map([build], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn is_of_one_chunk(&self, id: LogId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM logchunks WHERE logid = ? LIMIT 1 OFFSET 1";
        Ok(!self.connection.prepare_cached(sql)?.exists([id])?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Log> {
    Ok(Log {
        logid: row.get(0)?,
        name: row.get(1)?,
        slug: row.get(2)?,
        stepid: row.get(3)?,
        complete: row.get(4)?,
        num_lines: row.get(5)?,
        kind: row.get(6)?,
    })
}
