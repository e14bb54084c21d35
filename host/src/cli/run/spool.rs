//! The spool: a folder with builds that are to be told, each in a numbered folder of its own, in their order.
//!
//! Invariant: who holds a `Spool` holds its lock, so that nobody else delivers it. All is kept by the operating system as
//! soon as it is written: it outlives the process, not a power cut.
//!
//! Not here: what is in a build (`journal`, `shelf`), and telling it (`sender`).

use super::journal;
use super::journal::Entry;
use super::journal::Origin;
use super::journal::What;
use super::shelf;
use crate::model::Results;
use anyhow::Context;
use anyhow::bail;
use serde::Deserialize;
use serde::Serialize;
use std::fs::DirBuilder;
use std::fs::File;
use std::fs::TryLockError;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::path::PathBuf;

/// Where builds go that the host refused.
const REFUSED: &str = "refused";

/// A folder that only its owner reads: what commands print is nobody else's business.
const PRIVATE: u32 = 0o700;

pub(super) struct Spool {
    pub(super) folder: PathBuf,
    _lock: File,
}

/// A build in the spool.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
}

/// What the host called things, and how far it was told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Told {
    /// Never used again: the beginning of the keys of this build's calls.
    pub(super) key: String,
    pub(super) entries: usize,
    pub(super) builder: Option<i64>,
    pub(super) request: Option<i64>,
    /// Who claimed the request, where it is not our own.
    pub(super) master: Option<i64>,
    pub(super) build: Option<i64>,
    pub(super) number: Option<i64>,
    /// Of the step that runs.
    pub(super) step: Option<i64>,
    pub(super) log: Option<i64>,
}

impl Spool {
    /// Opens the spool, making its folder where there is none.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let shown = folder.display();
        DirBuilder::new()
            .recursive(true)
            .mode(PRIVATE)
            .create(folder)
            .with_context(|| format!("making the folder {shown} (--spool)"))?;
        let lock = File::create(folder.join("lock")).with_context(|| format!("locking {shown} (--spool)"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!("another `campanile run` delivers the spool {shown}: wait for it, or take another folder")
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {shown} (--spool)")),
        }
    }

    /// The builds that are not told whole, the oldest first.
    pub(super) fn builds(&self) -> anyhow::Result<Vec<Folder>> {
        let mut found = Vec::new();
        let listed = std::fs::read_dir(&self.folder).with_context(|| format!("reading {}", self.folder.display()))?;
        for entry in listed {
            let path = entry.with_context(|| format!("reading {}", self.folder.display()))?.path();
            if number(&path).is_some() {
                found.push(Folder { path });
            }
        }
        found.sort_by_key(|folder| number(&folder.path));
        Ok(found)
    }

    /// A folder for one more build, behind all others.
    pub(super) fn add(&self) -> anyhow::Result<Folder> {
        let refused = std::fs::read_dir(self.folder.join(REFUSED)).into_iter().flatten().flatten();
        let refused = refused.filter_map(|entry| number(&entry.path()));
        let last = self.builds()?.last().and_then(|folder| number(&folder.path)).into_iter().chain(refused).max();
        let path = self.folder.join(format!("{:06}", last.unwrap_or(0) + 1));
        std::fs::create_dir(&path).with_context(|| format!("making {}", path.display()))?;
        let told = Told { key: format!("run-{:032x}", rand::random::<u128>()), ..Told::default() };
        let folder = Folder { path };
        folder.save(&told)?;
        Ok(folder)
    }
}

/// The number of a build's folder.
fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.parse().ok()
}

impl Folder {
    pub(super) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    pub(super) fn log(&self, step: usize) -> PathBuf {
        self.path.join(format!("log-{step}"))
    }

    pub(super) fn told(&self) -> anyhow::Result<Told> {
        let path = self.path.join("told");
        let text = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} does not read", path.display()))
    }

    /// Whole or not at all, whenever the process ends.
    pub(super) fn save(&self, told: &Told) -> anyhow::Result<()> {
        let (new, path) = (self.path.join("told.new"), self.path.join("told"));
        std::fs::write(&new, serde_json::to_vec(told)?).with_context(|| format!("writing {}", new.display()))?;
        std::fs::rename(&new, &path).with_context(|| format!("writing {}", path.display()))
    }

    /// Brings to an end what a process that is gone left open; `false` when there is nothing to be told.
    ///
    /// A build that was asked for here ends as an exception. One whose request was claimed ends with retry: somebody may
    /// take the request once more.
    pub(super) fn recover(&self) -> anyhow::Result<bool> {
        if !self.path.join("told").is_file() {
            return Ok(false);
        }
        let mut writer = journal::Writer::open(&self.journal())?;
        let entries = journal::Reader::all(&self.journal())?;
        let Some(What::Begin(begin)) = entries.first().map(|entry| &entry.what) else { return Ok(false) };
        if entries.iter().any(|entry| matches!(entry.what, What::End { .. })) {
            return Ok(true);
        }
        let text = "interrupted: campanile run ended before its command";
        if let Some(step) = open_step(&entries) {
            let lines = shelf::recover(&self.log(step))?;
            let done = What::Done { step, lines, results: Results::Exception, text: text.to_owned() };
            writer.add(&done.now())?;
        }
        let results = match begin.origin {
            Origin::Own { .. } => Results::Exception,
            Origin::Claimed { .. } => Results::Retry,
        };
        writer.add(&What::End { results, text: text.to_owned() }.now())?;
        Ok(true)
    }

    pub(super) fn remove(&self) -> anyhow::Result<()> {
        std::fs::remove_dir_all(&self.path).with_context(|| format!("removing {}", self.path.display()))
    }

    /// Lays it aside, with the reason, so that it is in the way of nobody. Returns where it is.
    pub(super) fn lay_aside(&self, reason: &str) -> anyhow::Result<PathBuf> {
        let name = self.path.file_name().context("a folder without a name")?;
        let refused = self.path.parent().context("a folder without a folder")?.join(REFUSED);
        std::fs::create_dir_all(&refused).with_context(|| format!("making {}", refused.display()))?;
        std::fs::write(self.path.join("reason"), format!("{reason}\n"))?;
        let to = refused.join(name);
        std::fs::rename(&self.path, &to).with_context(|| format!("moving {}", self.path.display()))?;
        Ok(to)
    }
}

/// The step that began and did not end.
fn open_step(entries: &[Entry]) -> Option<usize> {
    entries.iter().rev().find_map(|entry| match &entry.what {
        What::Step { step, .. } => Some(Some(*step)),
        What::Done { .. } => Some(None),
        What::Begin(_) | What::End { .. } => None,
    })?
}
