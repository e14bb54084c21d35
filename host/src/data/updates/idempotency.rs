//! Calls that may be repeated: under one key one thing is done once, and said again as often as it is asked for.
//!
//! Invariant: what was done and what was answered are written in one transaction. What was refused is not remembered.

use super::UpdateError;
use crate::model::Timestamp;
use crate::store::Answered;
use crate::store::Reader;
use crate::store::Tx;
use crate::store::Unanswered;
use sha2::Digest;
use sha2::Sha256;

/// Characters of a key.
pub const LONGEST_KEY: usize = 255;

/// So long an answer is kept.
pub const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// A key, and what is asked for under it.
#[derive(Clone, Debug)]
pub struct Key {
    owner: String,
    key: String,
    request: Vec<u8>,
}

/// An answer, as JSON.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    First(String),
    Replayed(String),
}

impl Key {
    /// A key is its owner's: the same key of somebody else is another. `request` is all that makes a request the same:
    /// what it asks for, with which body.
    pub fn new((owner, key): (&str, &str), request: &[&[u8]]) -> Result<Self, UpdateError> {
        if !(1..=LONGEST_KEY).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
            let message = format!("it has 1 to {LONGEST_KEY} printable ASCII characters");
            return Err(UpdateError::invalid("Idempotency-Key", message));
        }
        let mut hash = Sha256::new();
        for part in request {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        Ok(Self { owner: owner.to_owned(), key: key.to_owned(), request: hash.finalize().to_vec() })
    }

    /// As the store has it.
    pub(in crate::data) fn unanswered(&self) -> Unanswered {
        // No owner's name holds a blank.
        Unanswered { key: format!("{} {}", self.owner, self.key), request: self.request.clone() }
    }

    /// That what was asked for under this key is what is asked for now.
    pub(in crate::data) fn check(&self, request: &[u8]) -> Result<(), UpdateError> {
        if self.request == request { Ok(()) } else { Err(UpdateError::KeyReused(self.key.clone())) }
    }
}

/// What a call with this key was answered.
pub fn earlier(reader: &Reader<'_>, now: Timestamp, key: &Key) -> Result<Option<String>, UpdateError> {
    let Some(answered) = reader.answered(&key.unanswered().key, kept_since(now))? else { return Ok(None) };
    key.check(&answered.request)?;
    Ok(Some(answered.answer))
}

/// Keeps the answer to a call.
pub(in crate::data) fn keep(
    tx: &mut Tx<'_>,
    now: Timestamp,
    call: Unanswered,
    answer: String,
) -> Result<(), UpdateError> {
    let answered = Answered { request: call.request, answer };
    Ok(tx.put_answer(&call.key, &answered, (now, kept_since(now)))?)
}

fn kept_since(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_sub(KEPT_SECONDS))
}

/// Does the job, unless it was done under this key. `now` is the moment of the call, not the one that it tells of.
pub fn once(
    tx: &mut Tx<'_>,
    now: Timestamp,
    key: Key,
    job: impl FnOnce(&mut Tx<'_>) -> Result<String, UpdateError>,
) -> Result<Reply, UpdateError> {
    if let Some(answer) = earlier(tx, now, &key)? {
        return Ok(Reply::Replayed(answer));
    }
    let answer = job(tx)?;
    keep(tx, now, key.unanswered(), answer.clone())?;
    Ok(Reply::First(answer))
}
