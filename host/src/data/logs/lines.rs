//! Cuts what comes in pieces at line ends, into blocks for one chunk each.
//!
//! A line end is `\n` and nothing else: a carriage return, a NUL or a line separator of Unicode is part of its line.

use crate::store::CHUNK_BYTES;
use memchr::memchr;
use memchr::memrchr;

/// What is kept of a line, in bytes. The rest of a longer one is left out, and the line says how much that was.
pub(super) const LONGEST_LINE: usize = 1024 * 1024;

/// Lines on their way into blocks. Holds at most one long line and some chunks.
#[derive(Default)]
pub(super) struct Cutter {
    buffer: Vec<u8>,
    /// Where in the buffer the line under way begins.
    line: usize,
    /// Bytes of the line under way that are left out.
    left_out: usize,
    /// Lines so far of which something was left out.
    cut: i64,
}

impl Cutter {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        // In pieces, so that no line that is longer than a piece comes in one.
        for piece in bytes.chunks(CHUNK_BYTES) {
            let end = memchr(b'\n', piece).unwrap_or(piece.len());
            let (of_line, rest) = piece.split_at(end);
            self.extend_line(of_line);
            if let Some(last) = memrchr(b'\n', rest) {
                self.mark_cut_line();
                self.buffer.extend_from_slice(rest);
                self.line = self.buffer.len() - (rest.len() - 1 - last);
            }
        }
    }

    fn extend_line(&mut self, more: &[u8]) {
        let room = if self.left_out > 0 { 0 } else { LONGEST_LINE.saturating_sub(self.under_way()) };
        let (kept, left_out) = more.split_at(room.min(more.len()));
        self.buffer.extend_from_slice(kept);
        self.left_out += left_out.len();
    }

    fn mark_cut_line(&mut self) {
        if self.left_out == 0 {
            return;
        }
        // The last character may have been cut in two.
        while self.under_way() > 0
            && let Some(byte) = self.buffer.pop()
        {
            self.left_out += 1;
            if byte & 0xc0 != 0x80 {
                break;
            }
        }
        let mark = format!(" (cut here: {} more bytes, a line has at most {LONGEST_LINE})", self.left_out);
        self.buffer.extend_from_slice(mark.as_bytes());
        self.left_out = 0;
        self.cut += 1;
    }

    /// Bytes of the line that has not ended.
    pub(super) fn under_way(&self) -> usize {
        self.buffer.len() - self.line
    }

    /// Lines so far of which something was left out.
    pub(super) fn cut_lines(&self) -> i64 {
        self.cut
    }

    /// Whole lines that fill a chunk, the last line end left out.
    pub(super) fn full_block(&mut self) -> Option<Vec<u8>> {
        if self.line <= CHUNK_BYTES + 1 {
            return None;
        }
        let within = self.buffer.get(..=CHUNK_BYTES).and_then(|start| memrchr(b'\n', start));
        let end = within.or_else(|| memchr(b'\n', &self.buffer))?;
        Some(self.take(end))
    }

    /// The next whole lines, however few.
    pub(super) fn block(&mut self) -> Option<Vec<u8>> {
        let full = self.full_block();
        full.or_else(|| (self.line > 0).then(|| self.take(self.line - 1)))
    }

    /// Takes what stands before the line end at `end`.
    fn take(&mut self, end: usize) -> Vec<u8> {
        // A copy of its own, not larger than it must be: blocks are gathered.
        let block = self.buffer.get(..end).unwrap_or_default().to_vec();
        self.buffer.drain(..=end);
        self.line -= end + 1;
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&str]) -> (Vec<String>, usize) {
        let mut cutter = Cutter::default();
        pieces.iter().for_each(|piece| cutter.push(piece.as_bytes()));
        let blocks = std::iter::from_fn(|| cutter.block()).map(|block| String::from_utf8(block).unwrap()).collect();
        (blocks, cutter.under_way())
    }

    #[test]
    fn blocks_are_whole_lines() {
        let check = |pieces: &[&str], sizes: &[usize], left: usize| {
            let (blocks, under_way) = cut(pieces);
            let whole: String = pieces.concat();
            let mut together: String = blocks.iter().flat_map(|block| [block.as_str(), "\n"]).collect();
            together.push_str(&whole[whole.len() - left..]);
            assert_eq!(together, whole);
            assert_eq!((blocks.iter().map(String::len).collect::<Vec<_>>(), under_way), (sizes.to_vec(), left));
        };
        check(&[], &[], 0);
        check(&["a\nb\n"], &[3], 0);
        check(&["a", "\nb", "", "\nc"], &[3], 1);
        check(&["\n", "\n"], &[1], 0);
        check(&["\n"], &[0], 0);
        let long = "x".repeat(CHUNK_BYTES);
        check(&[&long, "\ny\n"], &[CHUNK_BYTES, 1], 0);
        check(&[&long, &long, "\ny\nz"], &[2 * CHUNK_BYTES, 1], 1);
        check(&["y\n", &long, "\n"], &[1, CHUNK_BYTES], 0);
        check(&["a\r\nb\rc\u{2028}d\0\n"], &[12], 0);
    }

    #[test]
    fn only_full_blocks_are_taken_while_more_may_come() {
        let mut cutter = Cutter::default();
        cutter.push("x\n".repeat(CHUNK_BYTES / 2).as_bytes());
        assert_eq!(cutter.full_block(), None);
        cutter.push(b"y\n");
        assert_eq!(cutter.full_block().map(|block| block.len()), Some(CHUNK_BYTES - 1));
        assert_eq!((cutter.full_block(), cutter.block()), (None, Some(b"y".to_vec())));
    }

    #[test]
    fn the_end_of_a_line_that_is_too_long_is_left_out() {
        let line = |bytes: usize| format!("{}ü", "x".repeat(bytes - 2));
        assert_eq!(cut(&[&line(LONGEST_LINE), "\n"]).0, [line(LONGEST_LINE)]);
        let (blocks, _) = cut(&["a\n", &line(LONGEST_LINE + 1), "yyy", "\n", "b\n"]);
        let cut_line =
            format!("{} (cut here: 6 more bytes, a line has at most {LONGEST_LINE})", "x".repeat(LONGEST_LINE - 2));
        assert_eq!(blocks, ["a".to_owned(), cut_line, "b".to_owned()]);
    }
}
