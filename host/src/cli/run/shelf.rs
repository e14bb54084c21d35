//! The lines of a step's log on disk: written while they come, read while they are told.
//!
//! Each line begins with its stream, as the host wants them: `o`, `e` or `h`.

use super::private;
use anyhow::Context;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::path::Path;

/// A piece that is told at once.
const PIECE_BYTES: usize = 4 * 1024 * 1024;

/// Where lines are added. A disk that takes no more ends no command: what comes then is counted.
pub(super) struct Writer {
    file: Option<File>,
    bytes: u64,
    pub(super) lines: u64,
    /// So many bytes more are taken.
    room: u64,
    left_out: u64,
    /// Why the file takes no more.
    trouble: Option<String>,
    /// Lines of ours behind those of the file, which found no room there.
    pub(super) tail: String,
}

impl Writer {
    pub(super) fn create(path: &Path, room: u64) -> Self {
        let (file, trouble) = match private::new_file(path) {
            Ok(file) => (Some(file), None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        Self { file, bytes: 0, lines: 0, room, left_out: 0, trouble, tail: String::new() }
    }

    /// Adds whole lines. Where there is no room they are counted, and left out; what comes after the first gap as well,
    /// for it would stand in the wrong place.
    pub(super) fn add(&mut self, lines: &[u8]) {
        let has_room = lines.len() as u64 <= self.room;
        let kept = if has_room { self.write(lines) } else { 0 };
        self.room = if kept == lines.len() { self.room - kept as u64 } else { 0 };
        self.left_out += count(&lines[kept..]);
    }

    /// Adds lines of our own, for which there is always room.
    pub(super) fn note(&mut self, lines: &str) {
        let text: String = lines.lines().map(|line| format!("h{line}\n")).collect();
        let kept = self.write(text.as_bytes());
        self.tail += &text[kept..];
    }

    /// Says what is not there. Returns how many bytes are.
    pub(super) fn end(&mut self) -> u64 {
        let why = match &self.trouble {
            Some(trouble) => format!("the spool cannot be written: {trouble}"),
            None => "the spool is full (--spool-mib)".to_owned(),
        };
        if self.left_out > 0 {
            self.note(&format!("{} lines are left out: {why}", self.left_out));
        }
        self.bytes
    }

    /// Writes whole lines as far as they go; returns how many bytes are written.
    fn write(&mut self, lines: &[u8]) -> usize {
        let Some(file) = self.file.as_mut().filter(|_| self.trouble.is_none()) else { return 0 };
        let kept = match file.write_all(lines) {
            Ok(()) => lines.len(),
            Err(error) => {
                self.trouble = Some(error.to_string());
                // Somebody may have read the lines that are there already: they stay.
                let there = file.metadata().map_or(0, |file| file.len()).saturating_sub(self.bytes);
                let there = usize::try_from(there).unwrap_or(usize::MAX).min(lines.len());
                let whole = memchr::memrchr(b'\n', &lines[..there]).map_or(0, |end| end + 1);
                // Half a line is no line: nobody reads it.
                let _ = file.set_len(self.bytes + whole as u64);
                whole
            }
        };
        self.bytes += kept as u64;
        self.lines += count(&lines[..kept]);
        kept
    }
}

/// How many lines these are.
pub(super) fn count(lines: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', lines).count() as u64
}

/// Cuts off what is no whole line, and returns how many there are.
pub(super) fn recover(path: &Path) -> anyhow::Result<u64> {
    let mut file = private::file(OpenOptions::new().truncate(false).read(true).write(true), path)?;
    let (mut lines, mut whole, mut at) = (0, 0, 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        lines += count(&buffer[..read]);
        whole = memchr::memrchr(b'\n', &buffer[..read]).map_or(whole, |end| at + end as u64 + 1);
        at += read as u64;
    }
    file.set_len(whole)?;
    Ok(lines)
}

/// Reads from a line on.
pub(super) struct Reader {
    file: File,
    /// Where the next line begins, and its number.
    at: u64,
    pub(super) line: u64,
}

impl Reader {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        Ok(Self { file, at: 0, line: 0 })
    }

    /// Whole lines that are there, up to the line `end`; none when there are none yet.
    pub(super) fn piece(&mut self, end: Option<u64>) -> anyhow::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(self.at)).context("reading the spool")?;
        let mut bytes = Vec::new();
        let taken = (&self.file).take(PIECE_BYTES as u64).read_to_end(&mut bytes);
        taken.context("reading the spool")?;
        let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
        bytes.truncate(whole);
        if let Some(end) = end {
            let wanted = usize::try_from(end.saturating_sub(self.line)).unwrap_or(usize::MAX);
            bytes.truncate(length(&bytes, wanted));
        }
        Ok(bytes)
    }

    /// These lines are told.
    pub(super) fn past(&mut self, piece: &[u8]) {
        self.at += piece.len() as u64;
        self.line += count(piece);
    }

    /// Goes on at this line; `false` when there is none with that number yet.
    pub(super) fn seek(&mut self, line: u64) -> anyhow::Result<bool> {
        if line < self.line {
            (self.at, self.line) = (0, 0);
        }
        while self.line < line {
            let piece = self.piece(Some(line))?;
            if piece.is_empty() {
                return Ok(false);
            }
            self.past(&piece);
        }
        Ok(true)
    }
}

/// How many bytes the first lines take.
fn length(bytes: &[u8], lines: usize) -> usize {
    match lines {
        0 => 0,
        _ => memchr::memchr_iter(b'\n', bytes).nth(lines - 1).map_or(bytes.len(), |at| at + 1),
    }
}
