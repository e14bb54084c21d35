//! Writes into the spool what happens in a build, and rings for the sender.
//!
//! A disk that takes no more ends no build: what does not go into the journal is told from memory, and lines that are not
//! kept are counted.

use super::folder::Folder;
use super::journal;
use super::journal::Begin;
use super::journal::Unwritten;
use super::journal::What;
use super::shelf;
use crate::model::Results;
use anyhow::Context;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use tokio::sync::Notify;

/// One build's part of the spool, as who runs it sees it.
pub(super) struct Recorder {
    folder: Folder,
    inner: Mutex<Inner>,
    /// Lines of the step that runs.
    lines: AtomicU64,
    pub(super) live: Live,
}

/// What a sender learns while the build runs. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Live {
    /// Rings when there is more.
    pub(super) bell: Arc<Notify>,
    pub(super) unwritten: Arc<Unwritten>,
}

struct Inner {
    journal: journal::Writer,
    log: Option<shelf::Writer>,
    /// Bytes of logs that are still taken.
    room: u64,
}

impl Recorder {
    /// `room`: so many bytes of logs are kept. A build whose beginning is not on disk does not begin.
    pub(super) fn new(folder: &Folder, begin: Begin, room: u64) -> anyhow::Result<Self> {
        let mut journal = journal::Writer::open(&folder.journal())?;
        journal.add(&What::Begin(Box::new(begin)).now())?;
        let inner = Mutex::new(Inner { journal, log: None, room });
        Ok(Self { folder: folder.clone(), inner, lines: AtomicU64::new(0), live: Live::default() })
    }

    pub(super) fn add(&self, what: What) {
        self.append(&mut self.inner(), what);
    }

    /// A step begins, and its log with it.
    pub(super) fn begin_step(&self, step: usize, name: &str) {
        let mut inner = self.inner();
        // The log is there before anybody is told of it.
        inner.log = Some(shelf::Writer::create(&self.folder.log(step), inner.room));
        self.lines.store(0, Ordering::Relaxed);
        self.append(&mut inner, What::Step { step, name: name.to_owned() });
    }

    /// Whole lines, each with its stream in front.
    pub(super) fn lines(&self, lines: &[u8]) {
        self.write(|log| log.add(lines));
    }

    /// Lines of our own.
    pub(super) fn note(&self, lines: &str) {
        self.write(|log| log.note(lines));
    }

    /// The step ends.
    pub(super) fn end_step(&self, step: usize, (results, text): (Results, String)) {
        let mut inner = self.inner();
        let (mut lines, mut tail) = (0, String::new());
        if let Some(mut log) = inner.log.take() {
            inner.room = inner.room.saturating_sub(log.end());
            (lines, tail) = (log.lines, log.tail);
        }
        self.append(&mut inner, What::Done { step, lines, tail, results, text });
    }

    /// Lines of the step that runs.
    pub(super) fn lines_so_far(&self) -> u64 {
        self.lines.load(Ordering::Relaxed)
    }

    /// Writes what waits in memory, when nobody tells it from there any more.
    pub(super) fn keep(&self) -> anyhow::Result<()> {
        let kept = self.live.unwritten.write(&mut self.inner().journal);
        kept.context("the end of the build is not kept, for there is no room on disk")
    }

    fn write(&self, write: impl FnOnce(&mut shelf::Writer)) {
        let mut inner = self.inner();
        if let Some(log) = &mut inner.log {
            write(log);
            self.lines.store(log.lines, Ordering::Relaxed);
        }
        drop(inner);
        self.live.bell.notify_one();
    }

    /// In their order: behind one that found no room on disk all are told from memory.
    fn append(&self, inner: &mut Inner, what: What) {
        let entry = what.now();
        if !self.live.unwritten.is_empty() || inner.journal.add(&entry).is_err() {
            self.live.unwritten.add(entry);
        }
        self.live.bell.notify_one();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
