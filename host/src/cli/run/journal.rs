//! What happened in a build, an entry a line, in the order in which it is told: the truth of the spool.
//!
//! Not here: the lines of logs (`shelf`), and how the host is told (`calls`).

use super::clock;
use super::private;
use crate::model::Properties;
use crate::model::Results;
use anyhow::Context;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::path::Path;

/// Something that happened, and when: whole seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) at: i64,
    pub(super) what: What,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    Begin(Box<Begin>),
    /// A step begins, and its log.
    Step {
        step: usize,
        name: String,
    },
    /// A step ends, its log with so many lines.
    Done {
        step: usize,
        lines: u64,
        results: Results,
        text: String,
    },
    End {
        results: Results,
        text: String,
    },
}

/// A build begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Begin {
    pub(super) builder: String,
    pub(super) worker: String,
    pub(super) properties: Properties,
    pub(super) origin: Origin,
}

/// Where its request comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Origin {
    /// The build is its own request.
    Own { reason: String, source: Map<String, Value>, change: Option<Map<String, Value>> },
    /// One that was claimed.
    Claimed { request: i64, master: i64 },
}

impl What {
    pub(super) fn now(self) -> Entry {
        Entry { at: clock::seconds(), what: self }
    }
}

/// The end of the journal, where entries are added.
pub(super) struct Writer(File);

impl Writer {
    /// What is at its end of an entry that was not written whole is cut off.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let mut file = private::file(OpenOptions::new().append(true).read(true), path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).with_context(|| format!("reading {}", path.display()))?;
        let whole = memchr::memrchr(b'\n', &text).map_or(0, |end| end + 1);
        file.set_len(whole as u64)?;
        Ok(Self(file))
    }

    pub(super) fn add(&mut self, entry: &Entry) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(entry).context("writing an entry")?;
        line.push(b'\n');
        self.0.write_all(&line).context("writing into the spool")
    }
}

/// The journal from its beginning, while it grows.
pub(super) struct Reader {
    file: File,
    /// Read, and no whole line yet.
    rest: Vec<u8>,
}

impl Reader {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        Ok(Self { file, rest: Vec::new() })
    }

    /// The next entry; nothing while there is none.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Entry>> {
        if !self.rest.contains(&b'\n') {
            self.file.read_to_end(&mut self.rest).context("reading the spool")?;
        }
        let Some(end) = memchr::memchr(b'\n', &self.rest) else { return Ok(None) };
        let line: Vec<u8> = self.rest.drain(..=end).collect();
        serde_json::from_slice(&line).map(Some).context("the spool holds an entry that does not read")
    }

    /// All entries that there are.
    pub(super) fn all(path: &Path) -> anyhow::Result<Vec<Entry>> {
        let mut reader = Self::open(path)?;
        reader.file.seek(SeekFrom::Start(0))?;
        let mut entries = Vec::new();
        while let Some(entry) = reader.next()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
