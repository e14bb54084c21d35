//! Small chunks of a log put together: a log that came line by line is stored like one that came at once.
//!
//! A merge is planned and compressed on a snapshot, and written when the chunks are still the same. What is in them
//! cannot have changed: chunks are only ever put together, or deleted with all of their log.

use super::CHUNK_BYTES;
use super::INSERT_CHUNK;
use super::Reader;
use super::StoreError;
use super::Tx;
use super::chunk::Chunk;
use super::chunk::Packer;
use crate::model::LogId;
use rusqlite::OptionalExtension;

/// Lines of a chunk that is put together, as Buildbot's.
const MOST_LINES: i64 = 1000;

/// Adjacent chunks, and the one that is to take their place.
#[derive(Debug)]
pub struct Merge {
    log: LogId,
    first: i64,
    last: i64,
    /// How many there are.
    parts: usize,
    /// Bytes that they take.
    stored: i64,
    whole: Chunk,
}

/// Adjacent chunks while they are gathered.
#[derive(Clone, Copy, Default)]
struct Run {
    first: i64,
    last: i64,
    parts: usize,
    bytes: i64,
    stored: i64,
}

impl Reader<'_> {
    /// A finished log whose chunks were not looked at yet.
    pub fn log_to_merge(&self) -> Result<Option<LogId>, StoreError> {
        let sql = "SELECT logid FROM logs WHERE complete = 1 AND merged = 0 ORDER BY logid LIMIT 1";
        Ok(self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?)
    }

    /// What can be put together from line `from` on, until that is `most_bytes`, and the line where to go on.
    /// Nothing to go on with: the end of the log.
    pub fn plan_merges(&self, log: LogId, from: i64, most_bytes: i64) -> Result<(Vec<Merge>, Option<i64>), StoreError> {
        let (runs, next) = self.runs(log, from, most_bytes)?;
        let mut packer = Packer::new()?;
        let merges = runs.into_iter().map(|run| self.merge(log, run, &mut packer)).collect::<Result<_, _>>()?;
        Ok((merges, next))
    }

    fn runs(&self, log: LogId, from: i64, most_bytes: i64) -> Result<(Vec<Run>, Option<i64>), StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT first_line, last_line, bytes, length(content) FROM logchunks WHERE logid = ? AND first_line >= ?
             ORDER BY first_line",
        )?;
        let mut rows = select.query((log, from))?;
        let (mut runs, mut taken, mut run) = (Vec::new(), 0, Run::default());
        while let Some(row) = rows.next()? {
            let (first, last, bytes, stored) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            if run.takes(last, bytes) {
                run = Run {
                    last,
                    parts: run.parts + 1,
                    bytes: run.bytes + 1 + bytes,
                    stored: run.stored + stored,
                    ..run
                };
                continue;
            }
            if run.parts > 1 {
                taken += run.bytes;
                runs.push(run);
                if taken >= most_bytes {
                    return Ok((runs, Some(first)));
                }
            }
            run = Run { first, last, parts: 1, bytes, stored };
        }
        if run.parts > 1 {
            runs.push(run);
        }
        Ok((runs, None))
    }

    fn merge(&self, log: LogId, run: Run, packer: &mut Packer) -> Result<Merge, StoreError> {
        let Run { first, last, parts, stored, .. } = run;
        let mut text = self.log_text(log, (first, last), usize::MAX)?.unwrap_or_default().text;
        text.pop();
        Ok(Merge { log, first, last, parts, stored, whole: packer.pack(text)? })
    }
}

impl Run {
    /// Whether a chunk up to line `last`, with so many bytes, still goes in.
    fn takes(&self, last: i64, bytes: i64) -> bool {
        let room = i64::try_from(CHUNK_BYTES).unwrap_or(i64::MAX);
        self.parts > 0 && self.bytes + 1 + bytes <= room && last - self.first < MOST_LINES
    }
}

impl Tx<'_> {
    /// Puts the whole in the place of the parts. Returns the bytes saved: none when others did so meanwhile.
    pub fn apply_merge(&mut self, merge: &Merge) -> Result<i64, StoreError> {
        let Merge { log, first, last, whole, .. } = merge;
        let connection = self.connection();
        let same = "SELECT count(*) FROM logchunks WHERE logid = ? AND first_line >= ? AND first_line <= ?";
        let parts: usize = connection.prepare_cached(same)?.query_row((log, first, last), |row| row.get(0))?;
        if parts != merge.parts {
            return Ok(0);
        }
        connection
            .prepare_cached("DELETE FROM logchunks WHERE logid = ? AND first_line >= ? AND first_line <= ?")?
            .execute((log, first, last))?;
        let mut insert = connection.prepare_cached(INSERT_CHUNK)?;
        insert.execute((log, first, last, whole.bytes, whole.packing, &whole.content))?;
        Ok(merge.stored - i64::try_from(whole.content.len()).unwrap_or(i64::MAX))
    }

    /// Writes down that nothing is left to put together.
    pub fn set_merged(&mut self, log: LogId) -> Result<(), StoreError> {
        // Who waits for it to be done looks again.
        self.merges = true;
        self.connection()
            .prepare_cached("UPDATE logs SET merged = 1 WHERE logid = ? AND complete = 1")?
            .execute([log])?;
        Ok(())
    }
}
