//! Blocks of lines made ready for the writer: UTF-8, streams told, compressed. All that takes time, away from it.

use super::lines::Cutter;
use crate::model::LogKind;
use crate::store::Chunk;
use crate::store::Packer;
use crate::store::StoreError;
use memchr::memchr;

/// Lines ready to be written.
#[derive(Debug, Default)]
pub(in crate::data) struct Prepared {
    pub(in crate::data) chunks: Vec<Chunk>,
    pub(in crate::data) lines: i64,
    /// Places where bytes were no UTF-8, and U+FFFD stands now.
    pub(super) replaced: i64,
    /// Behind these comes a line that does not say its stream; it and what follows it are left out.
    pub(super) is_unmarked_next: bool,
}

/// Makes blocks ready. In a `stdio` log, up to the first line that does not begin with a stream.
pub(super) fn prepare(blocks: Vec<Vec<u8>>, kind: LogKind) -> Result<Prepared, StoreError> {
    let mut prepared = Prepared::default();
    let mut packer = Packer::new()?;
    for block in blocks {
        for mut text in prepared.texts(block) {
            let unmarked = (kind == LogKind::Stdio).then(|| unmarked(&text)).flatten();
            if let Some((_, at)) = unmarked {
                prepared.is_unmarked_next = true;
                if at == 0 {
                    return Ok(prepared);
                }
                text.truncate(at - 1);
            }
            let chunk = packer.pack(text)?;
            prepared.lines += chunk.lines();
            prepared.chunks.push(chunk);
            if unmarked.is_some() {
                return Ok(prepared);
            }
        }
    }
    Ok(prepared)
}

/// The same of whole lines that are text already, whatever they begin with.
pub(in crate::data) fn prepare_text(text: &str) -> Result<Prepared, StoreError> {
    let mut cutter = Cutter::default();
    cutter.push(text.as_bytes());
    prepare(std::iter::from_fn(|| cutter.block()).collect(), LogKind::Text)
}

/// The first line that does not begin with a stream: its number, and where it begins.
pub(in crate::data) fn unmarked(text: &str) -> Option<(i64, usize)> {
    let (mut number, mut start, bytes) = (0, 0, text.as_bytes());
    while let Some(b'o' | b'e' | b'h') = bytes.get(start) {
        start += memchr(b'\n', bytes.get(start..)?)? + 1;
        number += 1;
    }
    Some((number, start))
}

impl Prepared {
    /// One text, as a rule. Where bytes are no UTF-8 there is more of it afterwards, and it may have to be cut again.
    fn texts(&mut self, block: Vec<u8>) -> Vec<String> {
        let bytes = match String::from_utf8(block) {
            Ok(text) => return vec![text],
            Err(error) => error.into_bytes(),
        };
        let places = bytes.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
        self.replaced += i64::try_from(places).unwrap_or(i64::MAX);
        let mut cutter = Cutter::default();
        cutter.push(String::from_utf8_lossy(&bytes).as_bytes());
        cutter.push(b"\n");
        let blocks = std::iter::from_fn(|| cutter.block());
        blocks.map(|block| String::from_utf8_lossy(&block).into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_a_stream_are_found() {
        let check = |text: &str, found: Option<(i64, usize)>| assert_eq!(unmarked(text), found, "{text:?}");
        check("oa\neb\nh", None);
        check("", Some((0, 0)));
        check("oa\n\nhb", Some((1, 3)));
        check("oa\nxb", Some((1, 3)));
    }
}
