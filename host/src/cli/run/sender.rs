//! Tells the host what is in the spool, in its order, however often the host goes away meanwhile.
//!
//! The spool is the truth, a ring is only a doorbell. Calls carry a key of their own, so that one whose answer got lost is
//! done once; lines say which number the first of them must get, so that the host says where to go on.

use super::calls;
use super::clock;
use super::host::Host;
use super::host::Trouble;
use super::journal;
use super::journal::Entry;
use super::journal::What;
use super::shelf;
use super::spool::Folder;
use super::spool::Told;
use anyhow::Context;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Notify;
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
    host: Host,
    folder: Folder,
    told: Told,
    log: Option<OpenLog>,
    import: Import,
    bell: Arc<Notify>,
    progress: watch::Sender<Sent>,
}

/// The log of the step that runs.
struct OpenLog {
    reader: shelf::Reader,
    path: PathBuf,
    /// Whether it is not known how much of it the host has.
    uncertain: bool,
}

impl Sender {
    /// `bell` rings when more is in the spool.
    pub(super) fn new(
        host: &Host,
        folder: &Folder,
        (bell, progress): (Arc<Notify>, watch::Sender<Sent>),
    ) -> anyhow::Result<Self> {
        let (host, folder, told) = (host.clone(), folder.clone(), folder.told()?);
        Ok(Self { host, folder, told, log: None, import: Import::Unknown, bell, progress })
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
        loop {
            let Some(entry) = journal.next()? else {
                // The bell remembers one ring: what was written since the look is seen.
                if !self.send_lines(None).await? {
                    self.bell.notified().await;
                } else {
                    tokio::time::sleep(BETWEEN_PIECES).await;
                }
                continue;
            };
            if let What::Done { lines, .. } = entry.what {
                while self.send_lines(Some(lines)).await? {}
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
                // Of a step that was told whole it is gone.
                self.log = match path.is_file() || !again {
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
        let key = format!("{}-{}", self.told.key, self.told.entries);
        let (mut tries, mut was_on_time) = (0, false);
        loop {
            let late = clock::seconds() - entry.at > LATE_SECONDS;
            let late = late && self.import == Import::Unknown && !was_on_time;
            let calls = calls::of(entry, &self.told, late.then_some(entry.at));
            match self.host.batch(&calls, &key).await {
                Ok(results) => {
                    calls::learn(entry, &calls, &results, &mut self.told);
                    self.told.entries += 1;
                    self.folder.save(&self.told)?;
                    self.show(None);
                    return Ok(());
                }
                // The token opens no past: then it is now.
                Err(Trouble::NotAllowed(_)) if late => self.import = Import::Refused,
                // It was done as of now when it was sent the first time.
                Err(Trouble::Refused { status: 422, .. }) if late => was_on_time = true,
                Err(trouble) => self.wait(trouble, &mut tries).await?,
            }
        }
    }

    /// Sends lines that are there; `false` when there are none.
    async fn send_lines(&mut self, end: Option<u64>) -> Result<bool, SendError> {
        let Some(id) = self.told.log else { return Ok(false) };
        let Some(mut log) = self.log.take() else { return Ok(false) };
        let mut tries = 0;
        let sent = loop {
            let tried = match log.uncertain {
                true => self.locate(&mut log, id).await,
                false => self.try_lines(&mut log, (id, end)).await,
            };
            match tried {
                Ok(Some(sent)) => break sent,
                Ok(None) => {}
                Err(SendTrouble::Host(trouble)) => {
                    log.uncertain = true;
                    self.wait(trouble, &mut tries).await?;
                }
                Err(SendTrouble::Ours(error)) => return Err(error),
            }
        };
        let lines = log.reader.line;
        self.log = Some(log);
        self.progress.send_modify(|progress| (progress.lines, progress.away) = (lines, None));
        Ok(sent)
    }

    async fn try_lines(&self, log: &mut OpenLog, (id, end): (i64, Option<u64>)) -> Result<Option<bool>, SendTrouble> {
        let piece = log.reader.piece(end).map_err(SendError::from)?;
        if piece.is_empty() {
            return match end {
                Some(end) if log.reader.line < end => {
                    Err(SendError::Spool(anyhow::anyhow!("the spool lacks lines of a log")).into())
                }
                _ => Ok(Some(false)),
            };
        }
        match self.host.append(id, log.reader.line, piece.clone()).await {
            Ok(_) => {
                log.reader.past(&piece);
                Ok(Some(true))
            }
            Err(Trouble::Refused { status: 409, .. }) => {
                log.uncertain = true;
                Ok(None)
            }
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// Goes on where the host's log ends. One that is finished has all.
    async fn locate(&self, log: &mut OpenLog, id: i64) -> Result<Option<bool>, SendTrouble> {
        let found = self.host.get(&format!("logs/{id}")).await?;
        let found = &found["logs"][0];
        let there = found["num_lines"].as_u64().unwrap_or(0);
        if found["complete"] == true {
            return Ok(Some(false));
        }
        if !log.reader.seek(there).map_err(SendError::from)? {
            let message =
                format!("log {id} has {there} lines already, more than were sent: somebody else writes into it");
            return Err(SendError::Refused(message).into());
        }
        log.uncertain = false;
        Ok(None)
    }

    /// Waits before the next try, or says why there is none.
    async fn wait(&mut self, trouble: Trouble, tries: &mut usize) -> Result<(), SendError> {
        match trouble {
            Trouble::Away(why) => {
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
        self.progress.send_modify(|sent| *sent = Sent { request, build, number, lines: sent.lines, away });
    }
}

/// Of a try: the host's, or ours.
enum SendTrouble {
    Host(Trouble),
    Ours(SendError),
}

impl From<Trouble> for SendTrouble {
    fn from(trouble: Trouble) -> Self {
        Self::Host(trouble)
    }
}

impl From<SendError> for SendTrouble {
    fn from(error: SendError) -> Self {
        Self::Ours(error)
    }
}
