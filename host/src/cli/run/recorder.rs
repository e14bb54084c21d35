//! Writes into the spool what happens in a build, and rings for the sender.

use super::journal;
use super::journal::What;
use super::shelf;
use super::spool::Folder;
use anyhow::Context;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use tokio::sync::Notify;

/// One build's part of the spool, as who runs it sees it.
pub(super) struct Recorder {
    folder: Folder,
    inner: Mutex<Inner>,
    pub(super) bell: Arc<Notify>,
}

struct Inner {
    journal: journal::Writer,
    log: Option<shelf::Writer>,
    /// Bytes of logs that are still taken.
    room: u64,
}

impl Recorder {
    /// `room`: so many bytes of logs are kept.
    pub(super) fn new(folder: &Folder, room: u64) -> anyhow::Result<Self> {
        let journal = journal::Writer::open(&folder.journal())?;
        let inner = Mutex::new(Inner { journal, log: None, room });
        Ok(Self { folder: folder.clone(), inner, bell: Arc::new(Notify::new()) })
    }

    pub(super) fn add(&self, what: What) -> anyhow::Result<()> {
        self.inner().journal.add(&what.now())?;
        self.bell.notify_one();
        Ok(())
    }

    /// A step begins, and its log with it.
    pub(super) fn begin_step(&self, step: usize, name: &str) -> anyhow::Result<()> {
        let mut inner = self.inner();
        // The log is there before anybody is told of it.
        inner.log = Some(shelf::Writer::create(&self.folder.log(step), inner.room)?);
        inner.journal.add(&What::Step { step, name: name.to_owned() }.now())?;
        self.bell.notify_one();
        Ok(())
    }

    /// Whole lines, each with its stream in front.
    pub(super) fn lines(&self, lines: &[u8]) -> anyhow::Result<()> {
        let mut inner = self.inner();
        inner.log.as_mut().context("no step runs")?.add(lines)?;
        drop(inner);
        self.bell.notify_one();
        Ok(())
    }

    /// Lines of our own.
    pub(super) fn note(&self, lines: &str) -> anyhow::Result<()> {
        self.inner().log.as_mut().context("no step runs")?.note(lines)?;
        self.bell.notify_one();
        Ok(())
    }

    /// The step ends. What comes of it now is said in `done`, which is told the number of its lines.
    pub(super) fn end_step(&self, done: impl FnOnce(u64) -> What) -> anyhow::Result<()> {
        let mut inner = self.inner();
        let mut log = inner.log.take().context("no step runs")?;
        if log.left_out > 0 {
            log.note(&format!("{} lines are left out: the spool is full (--spool-mib)", log.left_out))?;
        }
        inner.room = inner.room.saturating_sub(log.bytes()?);
        inner.journal.add(&done(log.lines).now())?;
        self.bell.notify_one();
        Ok(())
    }

    /// Lines of the step that runs.
    pub(super) fn lines_so_far(&self) -> u64 {
        self.inner().log.as_ref().map_or(0, |log| log.lines)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
