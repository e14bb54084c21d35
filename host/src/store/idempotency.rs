//! What calls with an idempotency key were answered.
//!
//! Invariant: an answer is written in the transaction that did what was asked for, so there is never one without the
//! other.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::Timestamp;
use rusqlite::OptionalExtension;

/// Old answers that are thrown away with each new one: more than one, so that they become fewer.
const SWEPT: i64 = 8;

/// A call that was answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// A digest of what was asked for.
    pub request: Vec<u8>,
    pub answer: String,
}

impl Tx<'_> {
    /// Keeps an answer, in place of an old one under the same key, and throws some away that are older than `until`.
    pub fn put_answer(
        &mut self,
        key: &str,
        answered: &Answered,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<(), StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached(
                "DELETE FROM idempotency WHERE key IN
                 (SELECT key FROM idempotency WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)",
            )?
            .execute((until, SWEPT))?;
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO idempotency (key, request, answer, created_at) VALUES (?, ?, ?, ?)",
            )?
            .execute((key, &answered.request, &answered.answer, now))?;
        Ok(())
    }
}

impl Reader<'_> {
    /// What was answered under the key, if that is not older than `until`.
    pub fn answered(&self, key: &str, until: Timestamp) -> Result<Option<Answered>, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT request, answer FROM idempotency WHERE key = ? AND created_at >= ?")?;
        let found = select.query_row((key, until), |row| Ok(Answered { request: row.get(0)?, answer: row.get(1)? }));
        Ok(found.optional()?)
    }
}
