//! Lines of logs, told apart by stream.

use super::found;
use crate::data::DataError;
use crate::data::MOST_BYTES;
use crate::model::*;
use crate::store::Reader;

/// `count` lines from line `first`; fewer where the log ends.
pub(in crate::data) fn lines(
    reader: &Reader<'_>,
    id: LogId,
    first: u32,
    count: u32,
) -> Result<Vec<LogLine>, DataError> {
    let log = found(reader.log(id)?, "log", id)?;
    let range = (i64::from(first), i64::from(first) + i64::from(count) - 1);
    let (mut lines, mut bytes) = (Vec::new(), 0);
    reader.each_line(id, range, |line| {
        bytes += line.len();
        lines.push(split(log.kind, line));
        bytes <= MOST_BYTES
    })?;
    if bytes > MOST_BYTES { Err(DataError::TooLarge { most_bytes: MOST_BYTES }) } else { Ok(lines) }
}

/// In a `stdio` log the first letter of a line is its stream.
fn split(kind: LogKind, line: &str) -> LogLine {
    let (stream, text) = match (kind, line.split_at_checked(1)) {
        (LogKind::Stdio, Some(("e", text))) => (LogStream::Stderr, text),
        (LogKind::Stdio, Some(("h", text))) => (LogStream::Header, text),
        (LogKind::Stdio, Some((_, text))) => (LogStream::Stdout, text),
        _ => (LogStream::Stdout, line),
    };
    LogLine { stream, text: text.to_owned() }
}
