//! Logs and their chunks: whole lines, at most 64 KiB in one chunk unless one line is longer.

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

/// Bytes of one chunk.
const CHUNK: usize = 64 * 1024;

const SELECT: &str = "SELECT logid, name, slug, stepid, complete, num_lines, type FROM logs";

impl Tx<'_> {
    /// The slug must be free.
    pub fn insert_log(&mut self, step: StepId, (name, slug): (&str, &str), kind: LogKind) -> Result<LogId, StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached("INSERT INTO logs (name, slug, stepid, type) VALUES (?, ?, ?, ?)")?
            .execute((name, slug, step, kind))?;
        Ok(LogId(connection.last_insert_rowid()))
    }

    /// Appends whole lines, the last line end left out. Returns the first and the last line's number.
    pub fn append_lines(&mut self, log: &Log, content: &str) -> Result<(i64, i64), StoreError> {
        let connection = self.connection();
        let mut insert = connection
            .prepare_cached("INSERT INTO logchunks (logid, first_line, last_line, content) VALUES (?, ?, ?, ?)")?;
        let first = log.num_lines;
        let mut line = first;
        for chunk in chunks(content) {
            let lines = i64::try_from(chunk.bytes().filter(|&b| b == b'\n').count()).unwrap_or(i64::MAX) + 1;
            insert.execute((log.logid, line, line + lines - 1, chunk.as_bytes()))?;
            line += lines;
        }
        connection.prepare_cached("UPDATE logs SET num_lines = ?2 WHERE logid = ?1")?.execute((log.logid, line))?;
        Ok((first, line - 1))
    }

    pub fn finish_log(&mut self, id: LogId) -> Result<bool, StoreError> {
        let changed =
            self.connection().prepare_cached("UPDATE logs SET complete = 1 WHERE logid = ?")?.execute([id])?;
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

    /// Hands out the lines `first..=last` of a log, each without its line end, until `take` has enough.
    pub fn each_line(
        &self,
        log: LogId,
        (first, last): (i64, i64),
        mut take: impl FnMut(&str) -> bool,
    ) -> Result<(), StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT first_line, content FROM logchunks WHERE logid = ?1 AND last_line >= ?2 AND first_line <= ?3
             ORDER BY first_line",
        )?;
        let mut rows = select.query((log, first, last))?;
        while let Some(row) = rows.next()? {
            let chunk_first: i64 = row.get(0)?;
            let content = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let content = std::str::from_utf8(content)
                .map_err(|error| StoreError::Corrupt { what: "a log chunk", reason: error.to_string() })?;
            for (number, line) in (chunk_first..).zip(content.split('\n')) {
                if (first..=last).contains(&number) && !take(line) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Cuts at line ends, so that each piece has at most [`CHUNK`] bytes or is a single line.
fn chunks(content: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(content);
    std::iter::from_fn(move || {
        let all = rest?;
        if all.len() <= CHUNK {
            rest = None;
            return Some(all);
        }
        let bytes = all.as_bytes();
        let before = bytes.iter().take(CHUNK + 1).rposition(|&b| b == b'\n');
        let end = before.or_else(|| bytes.iter().position(|&b| b == b'\n'));
        let (piece, after) = match end {
            Some(at) => (all.get(..at).unwrap_or(all), all.get(at + 1..)),
            None => (all, None),
        };
        rest = after;
        Some(piece)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_whole_lines() {
        let check = |content: &str, sizes: &[usize]| {
            let pieces: Vec<&str> = chunks(content).collect();
            assert_eq!(pieces.join("\n"), content);
            assert_eq!(pieces.iter().map(|p| p.len()).collect::<Vec<_>>(), sizes);
        };
        check("a\nb", &[3]);
        check("", &[0]);
        let long = "x".repeat(CHUNK);
        check(&format!("{long}\ny"), &[CHUNK, 1]);
        check(&format!("{long}{long}\ny"), &[2 * CHUNK, 1]);
        check(&format!("y\n{long}"), &[1, CHUNK]);
    }
}
