//! Calls that may be repeated: under one key one thing is done once, and said again as often as it is asked for.
//!
//! Invariant: what was done and what was answered are written in one transaction. What was refused is not remembered.

use super::UpdateError;
use crate::model::Timestamp;
use crate::store::Answered;
use crate::store::Reader;
use crate::store::Tx;
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

    fn stored(&self) -> String {
        // No owner's name holds a blank.
        format!("{} {}", self.owner, self.key)
    }
}

/// Does the job, unless it was done under this key. `now` is the moment of the call, not the one that it tells of.
pub fn once(
    tx: &mut Tx<'_>,
    now: Timestamp,
    key: Key,
    job: impl FnOnce(&mut Tx<'_>) -> Result<String, UpdateError>,
) -> Result<Reply, UpdateError> {
    if let Some(answer) = answered(tx, now, &key)? {
        return Ok(Reply::Replayed(answer));
    }
    let stored = key.stored();
    let answered = Answered { request: key.request, answer: job(tx)? };
    tx.put_answer(&stored, &answered, (now, oldest(now)))?;
    Ok(Reply::First(answered.answer))
}

/// What was answered under this key, where something was.
pub fn answered(reader: &Reader<'_>, now: Timestamp, key: &Key) -> Result<Option<String>, UpdateError> {
    match reader.answered(&key.stored(), oldest(now))? {
        Some(answered) if answered.request == key.request => Ok(Some(answered.answer)),
        Some(_) => Err(UpdateError::KeyReused(key.key.clone())),
        None => Ok(None),
    }
}

/// Since when answers are kept.
fn oldest(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_sub(KEPT_SECONDS))
}
