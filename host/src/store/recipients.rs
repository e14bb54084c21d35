//! The recipients of mails whose relay did not treat them all alike.
//!
//! Invariant: what is known of a recipient is written in the transaction that records the attempt, so that who has a mail
//! does not get it again, whatever happens to the process.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::*;

impl Tx<'_> {
    pub(super) fn put_recipients(&mut self, delivery: DeliveryId, recipients: &[Recipient]) -> Result<(), StoreError> {
        if recipients.is_empty() {
            return Ok(());
        }
        let mut put = self.connection().prepare_cached(
            "INSERT OR REPLACE INTO recipients (deliveryid, address, outcome, status, answer) VALUES (?, ?, ?, ?, ?)",
        )?;
        for recipient in recipients {
            put.execute((delivery, &recipient.address, recipient.outcome, recipient.status, &recipient.answer))?;
        }
        Ok(())
    }

    /// Those who were refused are asked for again.
    pub(super) fn reopen_recipients(&mut self, delivery: DeliveryId) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("UPDATE recipients SET outcome = 'deferred' WHERE deliveryid = ? AND outcome = 'refused'")?
            .execute([delivery])?;
        Ok(())
    }
}

impl Reader<'_> {
    /// What is known of each, by address; nothing where an attempt's outcome is that of all of them.
    pub fn recipients(&self, delivery: DeliveryId) -> Result<Vec<Recipient>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT address, outcome, status, answer FROM recipients WHERE deliveryid = ? ORDER BY address",
        )?;
        let rows = select.query_map([delivery], |row| {
            Ok(Recipient { address: row.get(0)?, outcome: row.get(1)?, status: row.get(2)?, answer: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
