//! Some lines of a log read from the first to the last, a page at a time.
//!
//! Each page is a read of its own: between two of them nothing of the store is held, however slow the client is.

use crate::data::DataError;
use crate::model::LogId;
use crate::model::LogKind;
use crate::store::Store;
use memchr::memchr;

/// Bytes after which a page ends, with a chunk. As a rule it is one chunk: what slow clients leave waiting in the
/// server is counted in pages.
const PAGE_BYTES: usize = 32 * 1024;

/// Where in a log a reader is.
pub struct Reading {
    pub(super) store: Store,
    pub(super) log: LogId,
    pub(super) kind: LogKind,
    pub(super) next: i64,
    /// The last line that is wanted; nothing is, when it is before `next`.
    pub(super) last: i64,
}

impl Reading {
    /// The next lines, each with its line end. Nothing when all were read.
    pub async fn page(&mut self) -> Result<Option<String>, DataError> {
        if self.next > self.last || self.kind == LogKind::Deleted {
            return Ok(None);
        }
        let (log, lines) = (self.log, (self.next, self.last));
        let found = self.store.read_soon(move |reader| reader.log_text(log, lines, PAGE_BYTES)).await?;
        let gone = || DataError::NotFound(format!("log {log} was deleted while it was read"));
        let found = found.ok_or_else(gone)?;
        self.next = found.next;
        Ok(Some(found.text))
    }

    /// The same as people want to see it: the lines of a `stdio` log without their stream.
    pub async fn plain_page(&mut self) -> Result<Option<String>, DataError> {
        let page = self.page().await?;
        Ok(if self.kind == LogKind::Stdio { page.map(|page| without_streams(&page)) } else { page })
    }
}

/// Leaves out the first letter of each line.
fn without_streams(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(end);
        plain.push_str(line.get(1..).unwrap_or_default());
        rest = after;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_left_out() {
        assert_eq!(without_streams("hmake\no\neü\n"), "make\n\nü\n");
        assert_eq!(without_streams(""), "");
    }
}
