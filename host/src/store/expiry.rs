//! Deliveries that are no longer worth sending, and what is owed in their place.
//!
//! Invariant: one transaction settles at most so many of a bucket; the bell of what is owed rings for the rest.
//!
//! Not here: taking deliveries (`claims`), and what is said in their place (`dispatch`).

use super::StoreError;
use super::Tx;
use super::claims::Claim;
use super::deliveries;
use super::deliveries::DeliveryRow;
use super::settlements::End;
use crate::model::DeliveryState;
use crate::model::Millis;

/// What is owed in the place of others. Of those that it made before, the ones that have not been sent are among them.
pub type InPlace = fn(&[DeliveryRow], Millis) -> Vec<DeliveryRow>;

/// Settled in one transaction, of one bucket: others write too.
pub(super) const MOST_EXPIRED: usize = 256;

/// Looked at together.
const WINDOW: usize = 64;

impl Tx<'_> {
    /// Settles some of what has expired in a bucket from which nothing can be taken.
    pub(super) fn expire_piece(&mut self, bucket: &str, claim: &Claim) -> Result<(), StoreError> {
        // Asked first, for it is asked at each look at what is owed, and mostly there is nothing.
        if !self.has_some_expired(bucket, claim.now)? {
            return Ok(());
        }
        let mut expired = Vec::new();
        loop {
            // The oldest are the first to expire. Those whose turn in their lane comes by that are due as well.
            let due = self.due(bucket, claim, WINDOW)?;
            let before = expired.len();
            for row in due.into_iter().filter(|row| row.has_expired(claim.now)) {
                expired.push(self.expire(row, claim.now)?);
            }
            if expired.len() == before {
                break;
            }
            if expired.len() >= MOST_EXPIRED {
                self.owes = true;
                break;
            }
        }
        self.stand_in(expired, claim.in_place, claim.now)
    }

    fn has_some_expired(&self, bucket: &str, now: Millis) -> Result<bool, StoreError> {
        let mut select = self.connection().prepare_cached(
            "SELECT 1 FROM (SELECT expires_at, ttl, tries FROM deliveries
             WHERE bucket = ?1 AND due_at <= ?2 AND state IN ('ready', 'unknown') ORDER BY due_at, deliveryid LIMIT ?3)
             WHERE expires_at <= ?2 AND NOT (ttl = 0 AND tries = 0)",
        )?;
        Ok(select.exists((bucket, now, WINDOW))?)
    }

    pub(super) fn expire(&mut self, row: DeliveryRow, now: Millis) -> Result<DeliveryRow, StoreError> {
        let last = row.reason.as_ref().map(|reason| format!("; the last: {reason}")).unwrap_or_default();
        let reason = format!("it was no longer worth sending{last}");
        let end = End { state: DeliveryState::Expired, reason: Some(reason.as_str()), at: now };
        self.settle_row(row.deliveryid, &end)?;
        Ok(row)
    }

    /// Writes what is owed in the place of deliveries that will not be sent. It takes the place of what was owed so before.
    pub fn stand_in(&mut self, mut lost: Vec<DeliveryRow>, in_place: InPlace, now: Millis) -> Result<(), StoreError> {
        let mut earlier = Vec::new();
        for row in in_place(&lost, now) {
            earlier.extend(self.unsent_in_place(&row)?);
        }
        // The oldest first.
        lost.splice(0..0, earlier);
        for row in in_place(&lost, now) {
            self.insert_delivery(&row)?;
        }
        Ok(())
    }

    fn unsent_in_place(&self, row: &DeliveryRow) -> Result<Vec<DeliveryRow>, StoreError> {
        let (Some(lane), Some(replace)) = (&row.lane, &row.replace) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT {} FROM deliveries INDEXED BY deliveries_in_lane WHERE lane = ?1
             AND state IN ('ready', 'waiting', 'leased', 'unknown') AND state IN ('ready', 'waiting')
             AND replace_group = ?2 AND reporter = ?3",
            deliveries::COLUMNS
        );
        let mut select = self.connection().prepare_cached(&sql)?;
        let rows = select.query_map((lane, replace, &row.reporter), deliveries::read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl DeliveryRow {
    /// What is worth one try has that one, whenever it is.
    pub(super) fn has_expired(&self, now: Millis) -> bool {
        let is_owed_a_try = self.ttl == 0 && self.tries == 0;
        self.expires_at <= now && !is_owed_a_try
    }
}
