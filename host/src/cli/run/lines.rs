//! What a command prints, as lines of a log: each with its stream in front and, where that is wanted, the time when it
//! came.

use super::clock;

/// A line that grows longer is told in parts: the host cuts longer ones off.
const LONGEST_LINE: usize = 1024 * 1024 - 64;

/// Which of a command's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

impl Stream {
    fn mark(self) -> u8 {
        match self {
            Self::Out => b'o',
            Self::Err => b'e',
        }
    }
}

/// Makes lines of pieces.
pub(super) struct Lines {
    stream: Stream,
    stamped: bool,
    /// The beginning of a line that is not whole.
    rest: Vec<u8>,
}

impl Lines {
    pub(super) fn new(stream: Stream, stamped: bool) -> Self {
        Self { stream, stamped, rest: Vec::new() }
    }

    /// Whole lines of what came, ready to be recorded.
    pub(super) fn take(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut lines = Vec::with_capacity(piece.len() + piece.len() / 16 + 64);
        let front = self.front();
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', piece) {
            self.rest.extend_from_slice(&piece[from..end]);
            self.part(&front, &mut lines);
            lines.extend_from_slice(&front);
            lines.append(&mut self.rest);
            lines.push(b'\n');
            from = end + 1;
        }
        self.rest.extend_from_slice(&piece[from..]);
        self.part(&front, &mut lines);
        lines
    }

    /// Tells the beginning of a line that is too long.
    fn part(&mut self, front: &[u8], lines: &mut Vec<u8>) {
        while self.rest.len() > LONGEST_LINE {
            let later = self.rest.split_off(boundary(&self.rest));
            lines.extend_from_slice(front);
            lines.append(&mut self.rest);
            lines.push(b'\n');
            self.rest = later;
        }
    }

    /// The last line, when it has no end.
    pub(super) fn last(&mut self) -> Vec<u8> {
        match self.rest.is_empty() {
            true => Vec::new(),
            false => self.take(b"\n"),
        }
    }

    fn front(&self) -> Vec<u8> {
        let mut front = vec![self.stream.mark()];
        if self.stamped {
            front.extend_from_slice(clock::stamp().as_bytes());
            front.push(b' ');
        }
        front
    }
}

/// Where a long line is parted: not in the middle of a character.
fn boundary(line: &[u8]) -> usize {
    let continues = |at: &usize| line.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    (LONGEST_LINE - 3..=LONGEST_LINE).rev().find(|at| !continues(at)).unwrap_or(LONGEST_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_of_pieces() {
        let mut lines = Lines::new(Stream::Err, false);
        assert_eq!(lines.take(b"a\nb"), b"ea\n");
        assert_eq!(lines.take(b""), b"");
        assert_eq!(lines.take(b"c\n\r\n"), b"ebc\ne\r\n");
        assert_eq!(lines.take(b"d"), b"");
        assert_eq!(lines.last(), b"ed\n");
        assert_eq!(lines.last(), b"");
    }

    #[test]
    fn a_line_whose_end_comes_with_its_tail_is_told_in_parts() {
        let mut lines = Lines::new(Stream::Out, false);
        assert_eq!(lines.take(&vec![b'x'; LONGEST_LINE]), b"");
        let told = lines.take(b"yz\nnext\n");
        let told: Vec<&[u8]> = told.split(|&byte| byte == b'\n').collect();
        assert_eq!(told[0].len(), LONGEST_LINE + 1);
        assert_eq!(told[1..], [&b"oyz"[..], b"onext", b""]);
    }

    #[test]
    fn a_line_without_an_end_is_told_in_parts() {
        let mut lines = Lines::new(Stream::Out, false);
        let told = lines.take("ä".repeat(LONGEST_LINE).as_bytes());
        let told = String::from_utf8(told).expect("whole characters");
        assert!(told.lines().all(|line| line.len() <= LONGEST_LINE + 1), "each may be told");
        let rest = String::from_utf8(lines.last()).expect("whole characters");
        assert_eq!(told.matches('ä').count() + rest.matches('ä').count(), LONGEST_LINE);
    }
}
