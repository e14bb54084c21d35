//! The spool: a folder with builds that are to be told, each in a numbered folder of its own, in their order.
//!
//! A spool is known by its marker. In it only what bears our names is read or removed: a folder that was named by mistake
//! keeps all that it holds.
//!
//! Invariant: who holds a `Spool` holds its lock, so that nobody else delivers it. All is kept by the operating system as
//! soon as it is written: it outlives the process, not a power cut.
//!
//! Not here: what is in a build (`journal`, `shelf`), and telling it (`sender`).

use super::folder::BROKEN;
use super::folder::BUILD;
use super::folder::Folder;
use super::folder::REFUSED;
use super::folder::Told;
use super::folder::number;
use super::private;
use anyhow::Context;
use anyhow::bail;
use anyhow::ensure;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io::ErrorKind;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// By this file a spool is known.
const MARKER: &str = "campanile-spool";

/// What stands in it, for who wonders.
const MARKED: &str = "Builds wait here that `campanile run` delivers.\n";

/// Which host the builds are for: its address, and no token.
const HOST: &str = "host";

/// What the engine calls itself whose spool it is, besides its worker's and its builder's names.
const ENGINE: &str = "engine";

const LOCK: &str = "lock";

pub(super) struct Spool {
    pub(super) folder: PathBuf,
    _lock: File,
}

impl Spool {
    /// Opens the spool, making its folder where there is none.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let shown = folder.display();
        private::folder(folder).context("making the spool (--spool)")?;
        private::is_ours(folder).context("opening the spool (--spool)")?;
        mark(folder)?;
        let lock = private::file(OpenOptions::new().write(true), &folder.join(LOCK)).context("locking the spool")?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!("another `campanile run` delivers the spool {shown}: wait for it, or take another folder")
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {shown} (--spool)")),
        }
    }

    /// One that another process left behind with builds for this host, and that nobody has open any more.
    pub(super) fn left_behind(folder: &Path, host: &str) -> anyhow::Result<Option<Self>> {
        let is_one = private::is_ours(folder).is_ok() && folder.join(MARKER).is_file();
        // Who wrote the host's name had the lock before: without it he is gone.
        if !is_one || written_in(folder, HOST).as_deref() != Some(host) {
            return Ok(None);
        }
        let lock = private::file(OpenOptions::new().write(true), &folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Self { folder: folder.to_owned(), _lock: lock }.unless_empty(),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).context("locking it"),
        }
    }

    /// One with builds in it. What holds nothing at all is removed.
    fn unless_empty(self) -> anyhow::Result<Option<Self>> {
        if !self.builds()?.is_empty() {
            return Ok(Some(self));
        }
        let holds_more = |entry: std::fs::DirEntry| ![HOST, LOCK, MARKER].iter().any(|ours| entry.file_name() == *ours);
        if !std::fs::read_dir(&self.folder).context("reading it")?.flatten().any(holds_more) {
            self.remove()?;
        }
        Ok(None)
    }

    /// Takes note of the host that the builds are for. What waits for another is not told to this one: its ids are not
    /// the other's.
    pub(super) fn is_for(&self, host: &str, moved: Moved) -> anyhow::Result<()> {
        let (before, shown) = (written_in(&self.folder, HOST), self.folder.display());
        match before {
            Some(before) if before == host => Ok(()),
            Some(before) if moved == Moved::No && !self.is_empty()? => bail!(
                "builds in {shown} (--spool) wait for the host at {before}, not for {host}: deliver them there, or say \
                 --moved where it is the same host"
            ),
            Some(_) | None => self.write(HOST, host),
        }
    }

    /// What the engine is called whose spool this is: made once, never to be met again.
    pub(super) fn engine(&self) -> anyhow::Result<String> {
        if let Some(engine) = written_in(&self.folder, ENGINE) {
            return Ok(engine);
        }
        let engine = format!("{:016x}", rand::random::<u64>());
        self.write(ENGINE, &engine)?;
        Ok(engine)
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.folder.join(name);
        let mut file = private::file(OpenOptions::new().write(true).truncate(true), &path)?;
        file.write_all(text.as_bytes()).with_context(|| format!("writing {}", path.display()))
    }

    /// Nothing waits in it, and nothing is laid aside.
    fn is_empty(&self) -> anyhow::Result<bool> {
        Ok(builds_in(&self.folder)?.is_empty() && self.refused()?.is_empty())
    }

    /// The builds that are not told whole, the oldest first.
    pub(super) fn builds(&self) -> anyhow::Result<Vec<Folder>> {
        builds_in(&self.folder)
    }

    /// Those that the host refused.
    fn refused(&self) -> anyhow::Result<Vec<Folder>> {
        let refused = self.folder.join(REFUSED);
        if refused.is_dir() { builds_in(&refused) } else { Ok(Vec::new()) }
    }

    /// What the host refused is to be told once more.
    pub(super) fn take_back_refused(&self) -> anyhow::Result<()> {
        self.refused()?.iter().try_for_each(Folder::take_back)
    }

    /// Removes what is ours, and the folder if it holds nothing else.
    pub(super) fn remove(self) -> anyhow::Result<()> {
        for name in [HOST, LOCK, MARKER] {
            match std::fs::remove_file(self.folder.join(name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).context("removing a spool"),
                Ok(()) | Err(_) => {}
            }
        }
        std::fs::remove_dir(&self.folder).context("removing a spool")
    }

    /// A folder for one more build, behind all others.
    pub(super) fn add(&self) -> anyhow::Result<Folder> {
        // Those that are laid aside keep their numbers.
        let folders = [self.folder.clone(), self.folder.join(REFUSED)];
        let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
        let numbers = entries.filter_map(|entry| number(&entry.path(), BUILD).or(number(&entry.path(), BROKEN)));
        let next = numbers.max().unwrap_or(0).checked_add(1).context("the spool has no number left for a build")?;
        let path = self.folder.join(format!("{BUILD}{next:06}"));
        private::new_folder(&path)?;
        let folder = Folder { path };
        folder.save(&Told::new())?;
        Ok(folder)
    }
}

/// Whether the host has another address now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    Yes,
    No,
}

fn builds_in(folder: &Path) -> anyhow::Result<Vec<Folder>> {
    let mut found = Vec::new();
    let listed = std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in listed {
        let path = entry.with_context(|| format!("reading {}", folder.display()))?.path();
        if number(&path, BUILD).is_some() && path.is_dir() {
            found.push(Folder { path });
        }
    }
    found.sort_by_key(|folder| number(&folder.path, BUILD));
    Ok(found)
}

/// What stands in a file of the spool, where there is one.
fn written_in(folder: &Path, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(folder.join(name)).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
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

#[cfg(test)]
mod tests {
    use super::super::journal;
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
