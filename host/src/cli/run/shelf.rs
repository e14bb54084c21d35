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

/// Where lines are added.
pub(super) struct Writer {
    file: File,
    pub(super) lines: u64,
    /// So many bytes more are taken.
    room: u64,
    pub(super) left_out: u64,
}

impl Writer {
    pub(super) fn create(path: &Path, room: u64) -> anyhow::Result<Self> {
        let file = private::new_file(path)?;
        Ok(Self { file, lines: 0, room, left_out: 0 })
    }

    /// Adds whole lines. Where there is no room they are counted, and left out.
    pub(super) fn add(&mut self, lines: &[u8]) -> anyhow::Result<()> {
        let count = memchr::memchr_iter(b'\n', lines).count() as u64;
        if lines.len() as u64 > self.room {
            // What comes after the first gap would stand in the wrong place.
            self.room = 0;
            self.left_out += count;
            return Ok(());
        }
        self.file.write_all(lines).context("writing into the spool")?;
        self.room -= lines.len() as u64;
        self.lines += count;
        Ok(())
    }

    /// Adds lines of our own, for which there is always room.
    pub(super) fn note(&mut self, lines: &str) -> anyhow::Result<()> {
        for line in lines.lines() {
            writeln!(self.file, "h{line}").context("writing into the spool")?;
            self.lines += 1;
        }
        Ok(())
    }

    pub(super) fn bytes(&self) -> anyhow::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
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
        lines += memchr::memchr_iter(b'\n', &buffer[..read]).count() as u64;
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
        self.line += memchr::memchr_iter(b'\n', piece).count() as u64;
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
