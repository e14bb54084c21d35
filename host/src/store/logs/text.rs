//! Reading the lines of a log: always from a line on, always a bounded piece, so that no snapshot is held for long.

use super::Reader;
use super::StoreError;
use super::chunk::Unpacker;
use super::chunk::place_of;
use crate::model::LogId;
use rusqlite::Row;
use rusqlite::types::ValueRef;

/// Some lines of a log, one after another.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LogText {
    /// Each line with its line end.
    pub text: String,
    /// The line after the last of these.
    pub next: i64,
}

/// From the chunk with line `?2` on, or what comes after it.
const FROM_LINE: &str = "FROM logchunks WHERE logid = ?1 AND first_line <= ?3 AND first_line >= ifnull(
    (SELECT max(first_line) FROM logchunks WHERE logid = ?1 AND first_line <= ?2), ?2) ORDER BY first_line";

impl Reader<'_> {
    /// The lines `first..=last` of a log, as many as `most_bytes` hold, at least one chunk. Nothing where it ends.
    pub fn log_text(
        &self,
        log: LogId,
        (first, last): (i64, i64),
        most_bytes: usize,
    ) -> Result<Option<LogText>, StoreError> {
        let mut found = LogText { text: String::new(), next: first };
        let end = last.saturating_add(1);
        self.each_chunk(log, (first, last), |(chunk_first, chunk_last), content| {
            let part = place_of(&content, first - chunk_first..end - chunk_first);
            if found.text.is_empty() && part == (0..content.len()) {
                found.text = content;
            } else {
                found.text.push_str(content.get(part).unwrap_or_default());
            }
            found.text.push('\n');
            found.next = end.min(chunk_last + 1);
            found.text.len() < most_bytes
        })?;
        Ok((found.next > first).then_some(found))
    }

    /// The bytes of a log with all its line ends, and with the letters of its streams.
    pub fn log_bytes(&self, log: LogId) -> Result<u64, StoreError> {
        let mut select =
            self.connection.prepare_cached("SELECT ifnull(sum(bytes + 1), 0) FROM logchunks WHERE logid = ?")?;
        Ok(select.query_row([log], |row| row.get(0))?)
    }

    /// The last lines of a log that have at most so many bytes together: the first of them, and the bytes.
    pub fn log_end(&self, log: LogId, most_bytes: u64) -> Result<(Option<i64>, u64), StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT first_line, bytes + 1 FROM logchunks WHERE logid = ? ORDER BY first_line DESC")?;
        let mut rows = select.query([log])?;
        let (mut first, mut sum) = (None, 0);
        while let Some(row) = rows.next()? {
            let (chunk, bytes): (i64, u64) = (row.get(0)?, row.get(1)?);
            if sum + bytes > most_bytes {
                let (line, bytes) = self.chunk_end(log, chunk, most_bytes - sum)?;
                return Ok((line.or(first), sum + bytes));
            }
            sum += bytes;
            first = Some(chunk);
        }
        Ok((first, sum))
    }

    /// The same of the chunk that begins with the line `chunk`.
    fn chunk_end(&self, log: LogId, chunk: i64, most_bytes: u64) -> Result<(Option<i64>, u64), StoreError> {
        let (mut first, mut sum) = (None, 0);
        self.each_chunk(log, (chunk, chunk), |(_, last), content| {
            for (back, line) in (0..).zip(content.rsplit('\n')) {
                let bytes = line.len() as u64 + 1;
                if sum + bytes > most_bytes {
                    break;
                }
                sum += bytes;
                first = Some(last - back);
            }
            false
        })?;
        Ok((first, sum))
    }

    /// Hands out the lines `first..=last` of a log, each without its line end, until `take` has enough.
    pub fn each_line(
        &self,
        log: LogId,
        (first, last): (i64, i64),
        mut take: impl FnMut(&str) -> bool,
    ) -> Result<(), StoreError> {
        self.each_chunk(log, (first, last), |(chunk_first, _), content| {
            let lines = (chunk_first..).zip(content.split('\n'));
            lines.filter(|(number, _)| (first..=last).contains(number)).all(|(_, line)| take(line))
        })
    }

    /// Hands out the chunks with these lines, each with the numbers of its first and last line, until `take` has enough.
    fn each_chunk(
        &self,
        log: LogId,
        (first, last): (i64, i64),
        mut take: impl FnMut((i64, i64), String) -> bool,
    ) -> Result<(), StoreError> {
        let sql = format!("SELECT first_line, last_line, bytes, compressed, content {FROM_LINE}");
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query((log, first, last))?;
        let mut unpacker = Unpacker::new()?;
        while let Some(row) = rows.next()? {
            let lines: (i64, i64) = (row.get(0)?, row.get(1)?);
            if lines.1 >= first && !take(lines, unpack(&mut unpacker, row)?) {
                break;
            }
        }
        Ok(())
    }
}

fn unpack(unpacker: &mut Unpacker, row: &Row<'_>) -> Result<String, StoreError> {
    match row.get_ref(4)? {
        ValueRef::Blob(content) => unpacker.unpack((row.get(3)?, row.get(2)?), content),
        other => Err(StoreError::Corrupt { what: "a log chunk", reason: format!("it is {}", other.data_type()) }),
    }
}
