//! The spool: a folder with builds that are to be told, each in a numbered folder of its own, in their order.
//!
//! A spool is known by its marker. In it only what bears our names is read or removed: a folder that was named by mistake
//! keeps all that it holds.
//!
//! Invariant: who holds a `Spool` holds its lock, so that nobody else delivers it. All is kept by the operating system as
//! soon as it is written: it outlives the process, not a power cut.
//!
//! Not here: what is in a build (`journal`, `shelf`), and telling it (`sender`).

use super::journal;
use super::journal::Entry;
use super::journal::Origin;
use super::journal::What;
use super::private;
use super::shelf;
use crate::model::Results;
use anyhow::Context;
use anyhow::bail;
use anyhow::ensure;
use serde::Deserialize;
use serde::Serialize;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io::ErrorKind;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// Where builds go that the host refused.
const REFUSED: &str = "refused";

/// What the folder of a build begins with, before its number.
const BUILD: &str = "build-";

/// The same where it does not read.
const BROKEN: &str = "broken-";

/// By this file a spool is known.
const MARKER: &str = "campanile-spool";

/// What stands in it, for who wonders.
const MARKED: &str = "Builds wait here that `campanile run` delivers.\n";

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
        private::folder(folder).context("making the spool (--spool)")?;
        private::is_ours(folder).context("opening the spool (--spool)")?;
        mark(folder)?;
        let lock = private::file(OpenOptions::new().write(true), &folder.join("lock")).context("locking the spool")?;
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
            if number(&path, BUILD).is_some() && path.is_dir() {
                found.push(Folder { path });
            }
        }
        found.sort_by_key(|folder| number(&folder.path, BUILD));
        Ok(found)
    }

    /// A folder for one more build, behind all others.
    pub(super) fn add(&self) -> anyhow::Result<Folder> {
        // Those that are laid aside keep their numbers.
        let folders = [self.folder.clone(), self.folder.join(REFUSED)];
        let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
        let numbers = entries.filter_map(|entry| number(&entry.path(), BUILD).or(number(&entry.path(), BROKEN)));
        let next = numbers.max().unwrap_or(0) + 1;
        let path = self.folder.join(format!("{BUILD}{next:06}"));
        private::new_folder(&path)?;
        let told = Told { key: format!("run-{:032x}", rand::random::<u128>()), ..Told::default() };
        let folder = Folder { path };
        folder.save(&told)?;
        Ok(folder)
    }
}

/// Makes an empty folder a spool. One that holds anything else is none.
fn mark(folder: &Path) -> anyhow::Result<()> {
    let shown = folder.display();
    if folder.join(MARKER).is_file() {
        return Ok(());
    }
    let mut listed = std::fs::read_dir(folder).with_context(|| format!("reading {shown}"))?;
    ensure!(
        listed.next().is_none() || folder.join(MARKER).is_file(),
        "{shown} (--spool) is not empty, and no spool: there is no file {MARKER} in it; take a folder of its own"
    );
    match private::file(OpenOptions::new().append(true), &folder.join(MARKER))?.write_all(MARKED.as_bytes()) {
        Ok(()) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("writing into {shown}")),
    }
}

/// The number of a build's folder: six digits or more.
fn number(path: &Path, prefix: &str) -> Option<u64> {
    let digits = path.file_name()?.to_str()?.strip_prefix(prefix)?;
    let is_ours = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_ours { digits.parse().ok() } else { None }
}

/// Whether a file in the folder of a build is one of ours.
fn is_our_file(name: &str) -> bool {
    let is_log = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    matches!(name, "journal" | "told" | "told.new" | "reason") || name.strip_prefix("log-").is_some_and(is_log)
}

/// Whether a build cannot be read, now or later; otherwise the machine has no room, or no files left, and it waits.
pub(super) fn is_broken(error: &anyhow::Error) -> bool {
    let passing =
        [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::ReadOnlyFilesystem, ErrorKind::OutOfMemory];
    let numbers = [nix::libc::EMFILE, nix::libc::ENFILE];
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    !io.is_some_and(|io| passing.contains(&io.kind()) || io.raw_os_error().is_some_and(|code| numbers.contains(&code)))
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
        let mut file = private::file(OpenOptions::new().write(true).truncate(true), &new)?;
        let written = file.write_all(&serde_json::to_vec(told)?).and_then(|()| file.sync_all());
        written.with_context(|| format!("writing {}", new.display()))?;
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
        let told = self.told()?;
        let mut writer = journal::Writer::open(&self.journal())?;
        let entries = journal::Reader::all(&self.journal())?;
        ensure!(told.entries <= entries.len(), "entries that were told are not in {}", self.journal().display());
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

    /// Removes our files, and the folder if it holds nothing else.
    pub(super) fn remove(&self) -> anyhow::Result<()> {
        let shown = self.path.display();
        let listed = std::fs::read_dir(&self.path).with_context(|| format!("reading {shown}"))?;
        // Without `told` it is told no more, whenever the process ends.
        let ours =
            listed.flatten().map(|entry| entry.file_name()).filter(|name| name.to_str().is_some_and(is_our_file));
        for name in std::iter::once("told".into()).chain(ours) {
            match std::fs::remove_file(self.path.join(name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("removing {shown}"));
                }
                Ok(()) | Err(_) => {}
            }
        }
        std::fs::remove_dir(&self.path).with_context(|| format!("removing {shown}, which holds what is not ours"))
    }

    /// Lays aside what does not read. Returns where it is.
    pub(super) fn set_broken(&self) -> anyhow::Result<PathBuf> {
        let number = number(&self.path, BUILD).context("a folder without a number")?;
        let to = self.path.with_file_name(format!("{BROKEN}{number:06}"));
        std::fs::rename(&self.path, &to).with_context(|| format!("moving {}", self.path.display()))?;
        Ok(to)
    }

    /// Lays it aside, with the reason, so that it is in the way of nobody. Returns where it is.
    pub(super) fn lay_aside(&self, reason: &str) -> anyhow::Result<PathBuf> {
        let name = self.path.file_name().context("a folder without a name")?;
        let refused = self.path.parent().context("a folder without a folder")?.join(REFUSED);
        private::folder(&refused)?;
        let mut file = private::file(OpenOptions::new().write(true).truncate(true), &self.path.join("reason"))?;
        writeln!(file, "{reason}").context("writing the reason")?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn folders_of_others_are_no_spools_and_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("2024")).expect("a folder");
        let refused = Spool::open(folder.path()).err().expect("it is no spool").to_string();
        assert!(refused.contains("is not empty, and no spool"), "{refused}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is put there");
    }

    #[test]
    fn only_what_bears_our_names_is_read_or_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = Spool::open(folder.path()).expect("a spool");
        for name in ["2024", "build-7", "build-00000x"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        assert!(spool.builds().expect("a list").is_empty());
        let build = spool.add().expect("a build");
        assert!(build.path.ends_with("build-000001"));
        std::fs::write(build.path.join("thesis.tex"), "years of work").expect("a file");
        assert!(build.remove().is_err());
        assert!(build.path.join("thesis.tex").is_file() && !build.path.join("told").exists());
        let to = build.set_broken().expect("it is laid aside");
        assert!(to.ends_with("broken-000001") && spool.builds().expect("a list").is_empty());
        let next = spool.add().expect("a build");
        assert!(next.path.ends_with("build-000002"), "numbers are not taken twice");
        next.remove().expect("all of it is ours");
        assert!(!next.path.exists());
    }

    #[test]
    fn what_is_in_a_spool_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = Spool::open(&folder.path().join("spool")).expect("a spool");
        let build = spool.add().expect("a build");
        let mode = |path: PathBuf| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(spool.folder.clone()), mode(build.path.clone())), (0o700, 0o700));
        assert_eq!((mode(build.path.join("told")), mode(spool.folder.join("lock"))), (0o600, 0o600));
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), build.journal()).expect("a link");
        assert!(journal::Writer::open(&build.journal()).is_err(), "a link is not followed");
    }
}
