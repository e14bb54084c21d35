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
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

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
    /// A step ends, its log with so many lines and, behind them, those that found no room in its file.
    Done {
        step: usize,
        lines: u64,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        tail: String,
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
pub(super) struct Writer {
    file: File,
    bytes: u64,
}

impl Writer {
    /// What is at its end of an entry that was not written whole is cut off.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let mut file = private::file(OpenOptions::new().append(true).read(true), path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).with_context(|| format!("reading {}", path.display()))?;
        let bytes = memchr::memrchr(b'\n', &text).map_or(0, |end| end as u64 + 1);
        file.set_len(bytes)?;
        Ok(Self { file, bytes })
    }

    /// All of it or nothing.
    pub(super) fn add(&mut self, entry: &Entry) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(entry).context("writing an entry")?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            self.file.set_len(self.bytes).context("writing into the spool")?;
            return Err(error).context("writing into the spool");
        }
        self.bytes += line.len() as u64;
        Ok(())
    }
}

/// Entries behind those of the journal that found no room on disk: they live as long as the process.
#[derive(Default)]
pub(super) struct Unwritten(Mutex<Vec<Entry>>);

impl Unwritten {
    pub(super) fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    pub(super) fn add(&self, entry: Entry) {
        self.entries().push(entry);
    }

    pub(super) fn get(&self, index: usize) -> Option<Entry> {
        self.entries().get(index).cloned()
    }

    /// Writes them after all, when nobody reads them here any more.
    pub(super) fn write(&self, journal: &mut Writer) -> anyhow::Result<()> {
        self.entries().drain(..).try_for_each(|entry| journal.add(&entry))
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
