//! A build's folder in a spool: its files, how far the host was told, and its end when it goes or is laid aside.
//!
//! Only files that bear our names are read or removed.
//!
//! Not here: what is in the journal and the logs (`journal`, `shelf`), and which builds there are (`spool`).

use super::journal;
use super::journal::Entry;
use super::journal::Origin;
use super::journal::What;
use super::private;
use super::shelf;
use crate::model::Results;
use anyhow::Context;
use anyhow::ensure;
use serde::Deserialize;
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// Where builds go that the host refused.
pub(super) const REFUSED: &str = "refused";

/// What the folder of a build begins with, before its number.
pub(super) const BUILD: &str = "build-";

/// The same where it does not read.
pub(super) const BROKEN: &str = "broken-";

/// In a build that was refused: why.
const REASON: &str = "reason";

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
    /// From this entry on others stood in memory, before another process ended the build in their place.
    #[serde(default)]
    pub(super) ended_at: Option<usize>,
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

/// Calls as they were sent.
#[derive(Serialize, Deserialize)]
struct Call {
    /// Of this entry, by its number.
    entry: usize,
    body: String,
}

/// What a file outlives.
#[derive(Clone, Copy)]
enum Kept {
    /// The process.
    Written,
    /// A power cut.
    Synced,
}

/// The number of a build's folder: six digits or more.
pub(super) fn number(path: &Path, prefix: &str) -> Option<u64> {
    let digits = path.file_name()?.to_str()?.strip_prefix(prefix)?;
    let is_ours = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_ours { digits.parse().ok() } else { None }
}

/// Whether a file in the folder of a build is one of ours.
fn is_our_file(name: &str) -> bool {
    let is_log = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    matches!(name, "journal" | "told" | "told.new" | "call" | "call.new" | REASON)
        || name.strip_prefix("log-").is_some_and(is_log)
}

/// Whether a build cannot be read, now or later; otherwise the machine has no room, or no files left, and it waits.
pub(super) fn is_broken(error: &anyhow::Error) -> bool {
    let passing = [
        ErrorKind::StorageFull,
        ErrorKind::QuotaExceeded,
        ErrorKind::FileTooLarge,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::OutOfMemory,
    ];
    let numbers = [nix::libc::EMFILE, nix::libc::ENFILE];
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    !io.is_some_and(|io| passing.contains(&io.kind()) || io.raw_os_error().is_some_and(|code| numbers.contains(&code)))
}

impl Told {
    /// Of a build of which nothing is told yet.
    pub(super) fn new() -> Self {
        Self { key: format!("run-{:032x}", rand::random::<u128>()), ..Self::default() }
    }

    /// The key of the next entry's calls. What was told from memory under a number has another one.
    pub(super) fn next_key(&self) -> String {
        let again = if self.ended_at.is_some_and(|at| at <= self.entries) { "-ended" } else { "" };
        format!("{}-{}{again}", self.key, self.entries)
    }
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
        self.replace("told", &serde_json::to_vec(told)?, Kept::Synced)
    }

    /// What was sent of an entry and perhaps not answered: it is sent again as it was.
    pub(super) fn call(&self, entry: usize) -> Option<String> {
        self.kept_call().filter(|call| call.entry == entry).map(|call| call.body)
    }

    fn kept_call(&self) -> Option<Call> {
        serde_json::from_slice(&std::fs::read(self.path.join("call")).ok()?).ok()
    }

    pub(super) fn set_call(&self, entry: usize, body: &str) -> anyhow::Result<()> {
        let call = Call { entry, body: body.to_owned() };
        self.replace("call", &serde_json::to_vec(&call)?, Kept::Written)
    }

    /// What was sent was surely not done.
    pub(super) fn forget_call(&self) {
        let _ = std::fs::remove_file(self.path.join("call"));
    }

    fn replace(&self, name: &str, bytes: &[u8], kept: Kept) -> anyhow::Result<()> {
        let (new, path) = (self.path.join(format!("{name}.new")), self.path.join(name));
        let mut file = private::file(OpenOptions::new().write(true).truncate(true), &new)?;
        let written = file.write_all(bytes).and_then(|()| match kept {
            Kept::Synced => file.sync_all(),
            Kept::Written => Ok(()),
        });
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
        let mut told = self.told()?;
        let mut writer = journal::Writer::open(&self.journal())?;
        let entries = journal::Reader::all(&self.journal())?;
        let is_ended = entries.iter().any(|entry| matches!(entry.what, What::End { .. }));
        let has_told = told.entries <= entries.len() || !(is_ended || entries.is_empty());
        ensure!(has_told, "entries that were told are not in {}", self.journal().display());
        let Some(What::Begin(begin)) = entries.first().map(|entry| &entry.what) else { return Ok(false) };
        if is_ended {
            return Ok(true);
        }
        let open = self.forget_memory(&mut told, &entries)?;
        let text = "interrupted: campanile run ended before its command";
        if let Some((step, lines)) = open {
            let (results, text, tail) = (Results::Exception, text.to_owned(), String::new());
            let done = What::Done { step, lines, tail, results, text };
            writer.add(&done.now())?;
        }
        let results = match begin.origin {
            Origin::Own { .. } => Results::Exception,
            Origin::Claimed { .. } => Results::Retry,
        };
        writer.add(&What::End { results, text: text.to_owned() }.now())?;
        Ok(true)
    }

    /// What stood only in the memory of the process that is gone may be told, and its numbers are taken anew. Returns
    /// the step that is open, with the lines that are still to be told of it.
    fn forget_memory(&self, told: &mut Told, entries: &[Entry]) -> anyhow::Result<Option<(usize, u64)>> {
        told.entries = told.entries.min(entries.len());
        told.ended_at.get_or_insert(entries.len());
        self.save(told)?;
        if self.kept_call().is_some_and(|call| call.entry >= entries.len()) {
            self.forget_call();
        }
        let open = open_step(entries);
        let is_open = match told.entries < entries.len() {
            true => open.is_some(),
            // More may have been told than the journal says.
            false => told.step.is_some() || told.log.is_some(),
        };
        // The log of a step that was told whole is gone; one that stood in memory alone is told no further.
        let lines = open.filter(|step| self.log(*step).is_file()).map(|step| shelf::recover(&self.log(step)));
        Ok(is_open.then_some((open.unwrap_or_default(), lines.transpose()?.unwrap_or_default())))
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

    /// Takes it back to those that are to be told.
    pub(super) fn take_back(&self) -> anyhow::Result<()> {
        let name = self.path.file_name().context("a folder without a name")?;
        let to = self.path.parent().and_then(Path::parent).context("a folder without a folder")?.join(name);
        match std::fs::remove_file(self.path.join(REASON)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).context("removing the reason"),
            Ok(()) | Err(_) => {}
        }
        std::fs::rename(&self.path, &to).with_context(|| format!("moving {}", self.path.display()))
    }

    /// Lays it aside, with the reason, so that it is in the way of nobody. Returns where it is.
    pub(super) fn lay_aside(&self, reason: &str) -> anyhow::Result<PathBuf> {
        let name = self.path.file_name().context("a folder without a name")?;
        let refused = self.path.parent().context("a folder without a folder")?.join(REFUSED);
        private::folder(&refused)?;
        let mut file = private::file(OpenOptions::new().write(true).truncate(true), &self.path.join(REASON))?;
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
