//! HTTP steps that the host performs now, and the calls that wait to be answered for them.
//!
//! Invariant: a step is here from the transaction that makes it to the one that ends it, so what an earlier life of the
//! process left under way is found.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::StepId;
use rusqlite::OptionalExtension;

/// A call with an idempotency key that is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    pub key: String,
    /// A digest of what was asked for.
    pub request: Vec<u8>,
}

impl Tx<'_> {
    /// Notes that the host performs the step.
    pub fn put_http_step(&mut self, id: StepId, call: Option<&Unanswered>) -> Result<(), StoreError> {
        let (key, request) = call.map(|call| (&call.key, &call.request)).unzip();
        self.connection()
            .prepare_cached("INSERT INTO http_steps (stepid, key, request) VALUES (?, ?, ?)")?
            .execute((id, key, request))?;
        Ok(())
    }

    /// Notes that the step is performed, and returns the call that is to be answered.
    pub fn remove_http_step(&mut self, id: StepId) -> Result<Option<Unanswered>, StoreError> {
        let mut delete =
            self.connection().prepare_cached("DELETE FROM http_steps WHERE stepid = ? RETURNING key, request")?;
        let call = delete.query_row([id], |row| Ok((row.get::<_, Option<_>>(0)?, row.get::<_, Option<_>>(1)?)));
        let call = call.optional()?.and_then(|(key, request)| key.zip(request));
        Ok(call.map(|(key, request)| Unanswered { key, request }))
    }
}

impl Reader<'_> {
    /// The steps that are being performed, or were when the host ended.
    pub fn http_steps(&self) -> Result<Vec<StepId>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT stepid FROM http_steps ORDER BY stepid")?;
        let rows = select.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The step that is being performed for a call, and the digest of what that asked for.
    pub fn http_step_of(&self, key: &str) -> Result<Option<(StepId, Vec<u8>)>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT stepid, request FROM http_steps WHERE key = ?")?;
        Ok(select.query_row([key], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }
}
