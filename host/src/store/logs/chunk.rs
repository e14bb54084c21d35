//! A chunk of a log: whole lines, compressed when that is smaller.
//!
//! Making one takes time and no database: it is made before the writer is asked, so that the writer only writes.

use super::StoreError;
use memchr::memchr_iter;
use rusqlite::ToSql;
use rusqlite::types::FromSql;
use rusqlite::types::FromSqlError;
use rusqlite::types::FromSqlResult;
use rusqlite::types::ToSqlOutput;
use rusqlite::types::ValueRef;
use std::ops::Range;
use zstd::bulk::Compressor;
use zstd::bulk::Decompressor;

/// Bytes of one chunk, unless a single line is longer.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// What is shorter stands as it is: there is little to gain, and most of these are put together later.
const WORTH_COMPRESSING: usize = 256;

/// zstd's own default: logs shrink to a tenth at some hundred MiB a second.
const LEVEL: i32 = 3;

/// Lines ready to be written.
#[derive(Debug)]
pub struct Chunk {
    pub(super) lines: i64,
    pub(super) bytes: i64,
    pub(super) packing: Packing,
    pub(super) content: Vec<u8>,
}

/// How the content stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Zstd,
}

impl Chunk {
    /// How many lines it has.
    pub fn lines(&self) -> i64 {
        self.lines
    }

    /// Its lines from `line` on, counted from 0. They are not compressed, so that the writer can ask for them.
    pub fn behind(&self, line: i64) -> Result<Self, StoreError> {
        let mut plain = Unpacker::new()?.unpack((self.packing, self.bytes), &self.content)?;
        plain.drain(..place_of(&plain, line..self.lines).start);
        let bytes = i64::try_from(plain.len()).unwrap_or(i64::MAX);
        Ok(Self { lines: self.lines - line, bytes, packing: Packing::Plain, content: plain.into_bytes() })
    }
}

/// Makes chunks, one after another.
pub struct Packer(Compressor<'static>);

impl Packer {
    pub fn new() -> Result<Self, StoreError> {
        Ok(Self(Compressor::new(LEVEL).map_err(|error| failed(&error))?))
    }

    /// `content` is whole lines, the last line end left out.
    pub fn pack(&mut self, content: String) -> Result<Chunk, StoreError> {
        let lines = line_count(content.as_bytes());
        let plain = content.into_bytes();
        let bytes = i64::try_from(plain.len()).unwrap_or(i64::MAX);
        if plain.len() >= WORTH_COMPRESSING {
            let mut packed = self.0.compress(&plain).map_err(|error| failed(&error))?;
            if packed.len() < plain.len() {
                // It was made as large as the worst case, and waits for the writer in company.
                packed.shrink_to_fit();
                return Ok(Chunk { lines, bytes, packing: Packing::Zstd, content: packed });
            }
        }
        Ok(Chunk { lines, bytes, packing: Packing::Plain, content: plain })
    }
}

/// Reads chunks, one after another.
pub(super) struct Unpacker(Decompressor<'static>);

impl Unpacker {
    pub(super) fn new() -> Result<Self, StoreError> {
        Ok(Self(Decompressor::new().map_err(|error| failed(&error))?))
    }

    /// The lines of a chunk that has `bytes` of them, the last line end left out; there is room for it.
    pub(super) fn unpack(&mut self, (packing, bytes): (Packing, i64), content: &[u8]) -> Result<String, StoreError> {
        let bytes = usize::try_from(bytes).unwrap_or(0);
        let mut plain = Vec::with_capacity(bytes + 1);
        match packing {
            Packing::Plain => plain.extend_from_slice(content),
            Packing::Zstd => {
                self.0.decompress_to_buffer(content, &mut plain).map_err(|error| failed(&error))?;
            }
        }
        if plain.len() != bytes {
            let reason = format!("it has {} bytes and not {bytes}", plain.len());
            return Err(StoreError::Corrupt { what: "a log chunk", reason });
        }
        String::from_utf8(plain).map_err(|error| failed(&error))
    }
}

/// How many lines these are, the last one without its line end.
pub(super) fn line_count(content: &[u8]) -> i64 {
    i64::try_from(memchr_iter(b'\n', content).count()).unwrap_or(i64::MAX - 1) + 1
}

/// Where the lines `range` of these stand, counted from 0, the end of the last one left out.
pub(super) fn place_of(content: &str, range: Range<i64>) -> Range<usize> {
    // The end of the line before the `n`th one is the `n`th line end.
    let line_end = |n: i64| usize::try_from(n).ok().and_then(|n| memchr_iter(b'\n', content.as_bytes()).nth(n));
    let start = if range.start <= 0 { 0 } else { line_end(range.start - 1).map_or(content.len(), |at| at + 1) };
    let end = if range.end <= 0 { 0 } else { line_end(range.end - 1).unwrap_or(content.len()) };
    start..end.max(start)
}

fn failed(error: &dyn std::error::Error) -> StoreError {
    StoreError::Corrupt { what: "a log chunk", reason: error.to_string() }
}

impl ToSql for Packing {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Plain => 0,
            Self::Zstd => 4,
        }
        .into())
    }
}

impl FromSql for Packing {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            0 => Ok(Self::Plain),
            4 => Ok(Self::Zstd),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_the_same() {
        let check = |content: &str, packing: Packing, lines: i64| {
            let chunk = Packer::new().and_then(|mut packer| packer.pack(content.to_owned())).unwrap();
            assert_eq!((chunk.packing, chunk.lines), (packing, lines));
            assert!(chunk.content.len() <= content.len());
            let unpacked = Unpacker::new().and_then(|mut u| u.unpack((chunk.packing, chunk.bytes), &chunk.content));
            assert_eq!(unpacked.unwrap(), content);
        };
        check("", Packing::Plain, 1);
        check("a\n\0\r\nb", Packing::Plain, 3);
        check(&"compiling ü\n".repeat(5000), Packing::Zstd, 5001);
        let noise: String =
            (0..300u32).map(|n| char::from(33 + (n.wrapping_mul(2_654_435_761) >> 16) as u8 % 94)).collect();
        check(&noise, Packing::Plain, 1);
    }

    #[test]
    fn the_rest_of_a_chunk() {
        let check = |content: &str, line: i64, (lines, rest): (i64, &str)| {
            let chunk = Packer::new().and_then(|mut packer| packer.pack(content.to_owned())).unwrap();
            let behind = chunk.behind(line).unwrap();
            assert_eq!((behind.packing, behind.lines, behind.bytes), (Packing::Plain, lines, rest.len() as i64));
            assert_eq!(behind.content, rest.as_bytes());
        };
        check("oa\nob\n\noc", 1, (3, "ob\n\noc"));
        check("oa\nob\n\noc", 3, (1, "oc"));
        check(&"oa line\n".repeat(5000), 5000, (1, ""));
    }

    #[test]
    fn a_chunk_that_is_not_what_it_was_is_told() {
        let chunk = Packer::new().and_then(|mut packer| packer.pack("line\n".repeat(100))).unwrap();
        let mut unpacker = Unpacker::new().unwrap();
        assert!(unpacker.unpack((Packing::Zstd, 10), &chunk.content).is_err(), "larger than it says");
        assert!(unpacker.unpack((Packing::Zstd, chunk.bytes), &chunk.content[1..]).is_err());
        assert!(unpacker.unpack((Packing::Plain, 2), b"\xff\xff").is_err());
    }

    #[test]
    fn lines_have_places() {
        let check = |range: Range<i64>, found: &str| assert_eq!(&"a\nbc\n\nd"[place_of("a\nbc\n\nd", range)], found);
        check(0..4, "a\nbc\n\nd");
        check(-3..9, "a\nbc\n\nd");
        check(1..3, "bc\n");
        check(2..3, "");
        check(3..4, "d");
        check(7..9, "");
        check(0..0, "");
    }
}
