//! Orders: what the engines of builds and requests are asked for.

use super::StoreError;
use super::Tx;
use crate::model::BuildId;
use crate::model::BuildRequestId;
use crate::model::Timestamp;

impl Tx<'_> {
    /// Keeps the order, in place of one that asked the same.
    pub fn put_order(
        &mut self,
        (request, build): (BuildRequestId, Option<BuildId>),
        (verb, reason): (&str, &str),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT OR REPLACE INTO orders (buildrequestid, buildid, verb, reason, ordered_at)
                 VALUES (?, ?, ?, ?, ?)",
            )?
            .execute((request, build, verb, reason, now))?;
        Ok(())
    }
}
