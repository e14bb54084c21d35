//! Tells the host what is in the spool, in its order, however often the host goes away meanwhile.
//!
//! The spool is the truth, a ring is only a doorbell. Calls carry a key of their own, so that one whose answer got lost is
//! done once; lines say which number the first of them must get, so that the host says where to go on.

use super::calls;
use super::clock;
use super::folder::Folder;
use super::folder::Told;
use super::folder::is_broken;
use super::host::Fate;
use super::host::Host;
use super::host::Trouble;
use super::journal;
use super::journal::Entry;
use super::journal::What;
use super::logs::OpenLog;
use super::recorder::Live;
use super::shelf;
use anyhow::Context;
use serde_json::Value;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;

/// Between two pieces of a log, so that a slow command makes no request a line.
const BETWEEN_PIECES: Duration = Duration::from_millis(100);

/// What is told so much later is told with the time when it was.
const LATE_SECONDS: i64 = 10;

/// The waits before the next tries; the last one again and again.
const WAITS_MS: [u64; 6] = [100, 300, 1000, 2000, 5000, 10_000];

/// How far it has come, for who looks on.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    pub(super) request: Option<i64>,
    pub(super) build: Option<i64>,
    pub(super) number: Option<i64>,
    /// Lines of the log of the step that runs.
    pub(super) lines: u64,
    /// Why it does not go on just now.
    pub(super) away: Option<String>,
    /// Whether one of the calls that were not answered may have been done.
    pub(super) fate: Fate,
}

/// Why it goes no further.
#[derive(Debug, Error)]
pub(super) enum SendError {
    /// The host will not have this build.
    #[error("{0}")]
    Refused(String),
    /// Who calls may not.
    #[error("{0}")]
    NotAllowed(String),
    #[error(transparent)]
    Spool(#[from] anyhow::Error),
}

/// Whether what happened in the past may be told with its time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Import {
    Unknown,
    Refused,
}

/// One who delivers a build.
pub(super) struct Sender {
    pub(super) host: Host,
    folder: Folder,
    pub(super) told: Told,
    pub(super) log: Option<OpenLog>,
    import: Import,
    fate: Fate,
    live: Live,
    pub(super) progress: watch::Sender<Sent>,
}

impl Sender {
    /// `live`: how it learns of more while the build runs.
    pub(super) fn new(
        host: &Host,
        folder: &Folder,
        (live, progress): (Live, watch::Sender<Sent>),
    ) -> anyhow::Result<Self> {
        let (host, folder, told) = (host.clone(), folder.clone(), folder.told()?);
        let (import, fate) = (Import::Unknown, Fate::NotDone);
        Ok(Self { host, folder, told, log: None, import, fate, live, progress })
    }

    /// Delivers the build to its end.
    pub(super) async fn deliver(mut self) -> Result<(), SendError> {
        let mut journal = journal::Reader::open(&self.folder.journal())?;
        for _ in 0..self.told.entries {
            let entry = journal.next()?.context("the spool lacks an entry that was told")?;
            self.follow(&entry, true)?;
            // All is told, and only its folder was not removed.
            if let What::End { .. } = entry.what {
                return Ok(());
            }
        }
        self.show(None);
        let mut from_memory = 0;
        loop {
            // Looked at first: when there is one, all before it are in the journal.
            let unwritten = self.live.unwritten.get(from_memory);
            let entry = journal.next()?.or_else(|| {
                from_memory += usize::from(unwritten.is_some());
                unwritten
            });
            let Some(entry) = entry else {
                // The bell remembers one ring: what was written since the look is seen.
                if !self.send_lines(None).await? {
                    self.live.bell.notified().await;
                } else {
                    tokio::time::sleep(BETWEEN_PIECES).await;
                }
                continue;
            };
            if let What::Done { lines, tail, .. } = &entry.what {
                self.send_rest(*lines, tail).await?;
            }
            self.send(&entry).await?;
            self.follow(&entry, false)?;
            if let What::End { .. } = entry.what {
                return Ok(());
            }
        }
    }

    /// Opens the log of a step that begins; drops the one of a step that ended.
    fn follow(&mut self, entry: &Entry, again: bool) -> anyhow::Result<()> {
        match entry.what {
            What::Step { step, .. } => {
                let path = self.folder.log(step);
                // Of a step that was told whole it is gone, and where there is no room on disk it was never made.
                self.log = match path.is_file() {
                    true => Some(OpenLog { reader: shelf::Reader::open(&path)?, path, uncertain: again }),
                    false => None,
                };
            }
            What::Done { .. } => {
                if let Some(log) = self.log.take() {
                    // Who cannot remove it keeps it longer, which is no harm.
                    let _ = std::fs::remove_file(log.path);
                }
            }
            What::Begin(_) | What::End { .. } => {}
        }
        Ok(())
    }

    async fn send(&mut self, entry: &Entry) -> Result<(), SendError> {
        let key = self.told.next_key();
        let kept = self.folder.call(self.told.entries);
        let mut is_surely_undone = kept.is_none();
        let mut body = kept.unwrap_or_else(|| self.fix(entry));
        let mut tries = 0;
        loop {
            let calls: Vec<Value> = serde_json::from_str(&body).context("the spool holds calls that do not read")?;
            let trouble = match self.host.batch(body.clone(), &key).await {
                Ok(results) => {
                    calls::learn(entry, &calls, &results, &mut self.told);
                    self.told.entries += 1;
                    self.save()?;
                    self.show(None);
                    return Ok(());
                }
                // The token opens no past: then it is now.
                Err(Trouble::NotAllowed(_)) if self.import == Import::Unknown && calls[0]["at"].is_i64() => {
                    self.import = Import::Refused;
                    body = self.fix(entry);
                    continue;
                }
                Err(trouble) => trouble,
            };
            match &trouble {
                Trouble::Away { fate, .. } => is_surely_undone &= *fate == Fate::NotDone,
                Trouble::Refused { .. } => self.folder.forget_call(),
                Trouble::NotAllowed(_) if is_surely_undone => self.folder.forget_call(),
                Trouble::NotAllowed(_) => {}
            }
            self.wait(trouble, &mut tries).await?;
        }
    }

    /// The calls of an entry as they are sent from now on, whatever the time is then: under one key goes one text.
    fn fix(&self, entry: &Entry) -> String {
        let is_late = clock::seconds() - entry.at > LATE_SECONDS && self.import == Import::Unknown;
        let body = Value::from(calls::of(entry, &self.told, is_late.then_some(entry.at))).to_string();
        // Where there is no room for it, it is fixed as long as we live.
        let _ = self.folder.set_call(self.told.entries, &body);
        body
    }

    /// Without room on disk it goes on: what is asked for once more is answered as it was, by its key.
    fn save(&self) -> Result<(), SendError> {
        match self.folder.save(&self.told) {
            Err(error) if is_broken(&error) => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Waits before the next try, or says why there is none.
    pub(super) async fn wait(&mut self, trouble: Trouble, tries: &mut usize) -> Result<(), SendError> {
        match trouble {
            Trouble::Away { why, fate } => {
                self.fate = self.fate.max(fate);
                self.show(Some(why));
                let wait = WAITS_MS[(*tries).min(WAITS_MS.len() - 1)];
                *tries += 1;
                tokio::time::sleep(Duration::from_millis(wait)).await;
                Ok(())
            }
            Trouble::NotAllowed(why) => Err(SendError::NotAllowed(why)),
            Trouble::Refused { message, .. } => Err(SendError::Refused(message)),
        }
    }

    fn show(&self, away: Option<String>) {
        let Told { request, build, number, .. } = self.told;
        let fate = self.fate;
        self.progress.send_modify(|sent| *sent = Sent { request, build, number, lines: sent.lines, away, fate });
    }
}
