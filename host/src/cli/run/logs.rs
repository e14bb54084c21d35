//! The lines of a step's log on their way to the host: each says which number it must get, so that the host says where to go
//! on when an answer got lost.
//!
//! Not here: what happens in a build besides (`sender`), and the lines on disk (`shelf`).

use super::host::Trouble;
use super::sender::SendError;
use super::sender::Sender;
use super::shelf;
use std::path::PathBuf;

/// The log of the step that runs.
pub(super) struct OpenLog {
    pub(super) reader: shelf::Reader,
    pub(super) path: PathBuf,
    /// Whether it is not known how much of it the host has.
    pub(super) uncertain: bool,
}

/// How a log ends.
#[derive(Clone, Copy)]
pub(super) struct End {
    /// In its file.
    lines: u64,
    /// Behind them.
    tail: u64,
}

impl Sender {
    /// Sends what is left of a log that ends.
    pub(super) async fn send_rest(&mut self, lines: u64, tail: &str) -> Result<(), SendError> {
        if lines > 0 && self.log.is_none() && self.told.log.is_some() {
            return Err(anyhow::anyhow!("the spool lacks a log").into());
        }
        let end = End { lines, tail: shelf::count(tail.as_bytes()) };
        while self.send_lines(Some(end)).await? {}
        let (Some(id), false) = (self.told.log, tail.is_empty()) else { return Ok(()) };
        let mut tries = 0;
        loop {
            match self.host.append(id, lines, tail.as_bytes().to_vec()).await {
                Ok(_) => return Ok(()),
                // It is there, and only the answer got lost; or somebody else wrote.
                Err(Trouble::Refused { .. }) => match self.end_of(id, end.lines + end.tail).await {
                    Ok(There::Lines(there)) if there != end.lines + end.tail => return Err(others(id, there)),
                    Ok(There::Lines(_) | There::Finished) => return Ok(()),
                    Err(trouble) => self.wait(trouble, &mut tries).await?,
                },
                Err(trouble) => self.wait(trouble, &mut tries).await?,
            }
        }
    }

    /// Sends lines that are there; `false` when there are none.
    pub(super) async fn send_lines(&mut self, end: Option<End>) -> Result<bool, SendError> {
        let Some(id) = self.told.log else { return Ok(false) };
        let Some(mut log) = self.log.take() else { return Ok(false) };
        let mut tries = 0;
        let sent = loop {
            let tried = match log.uncertain {
                true => self.locate(&mut log, (id, end)).await,
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

    async fn try_lines(&self, log: &mut OpenLog, (id, end): (i64, Option<End>)) -> Result<Option<bool>, SendTrouble> {
        let end = end.map(|end| end.lines);
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
    async fn locate(&self, log: &mut OpenLog, (id, end): (i64, Option<End>)) -> Result<Option<bool>, SendTrouble> {
        let there = match self.end_of(id, log.reader.line).await? {
            There::Lines(there) => there,
            There::Finished => return Ok(Some(false)),
        };
        // Also what stands behind the lines of the file was told.
        let is_whole = end.is_some_and(|end| end.tail > 0 && there == end.lines + end.tail);
        if is_whole {
            return Ok(Some(false));
        }
        if !log.reader.seek(there).map_err(SendError::from)? {
            return Err(others(id, there).into());
        }
        log.uncertain = false;
        Ok(None)
    }

    /// Where the host's log ends. Asked by appending nothing, for who may append may perhaps not read.
    async fn end_of(&self, id: i64, guess: u64) -> Result<There, Trouble> {
        let refused = match self.host.append(id, guess, Vec::new()).await {
            Ok(_) => return Ok(There::Lines(guess)),
            Err(refused @ Trouble::Refused { .. }) => refused,
            Err(trouble) => return Err(trouble),
        };
        if let Trouble::Refused { status: 409, body, .. } = &refused
            && let Some(there) = body["num_lines"].as_u64()
        {
            return Ok(There::Lines(there));
        }
        let found = self.host.get(&format!("logs/{id}")).await?;
        if found["logs"][0]["complete"] == true { Ok(There::Finished) } else { Err(refused) }
    }
}

/// How far the host's log is.
enum There {
    Lines(u64),
    Finished,
}

fn others(id: i64, there: u64) -> SendError {
    SendError::Refused(format!("log {id} has {there} lines already, more than were sent: somebody else writes into it"))
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
