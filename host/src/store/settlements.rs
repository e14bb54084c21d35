//! How attempts end, and what becomes of their deliveries.
//!
//! Invariant: a result counts only with the epoch that its delivery was taken with.
//!
//! Not here: taking one (`claims`), and the rules of what follows (`dispatch::backoff`).

use super::StoreError;
use super::Tx;
use crate::model::*;
use rusqlite::OptionalExtension;
use rusqlite::Row;

/// How an attempt ended, and what becomes of the delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    pub deliveryid: DeliveryId,
    pub epoch: i64,
    pub at: Millis,
    pub outcome: AttemptOutcome,
    pub status: Option<u16>,
    pub reason: Option<String>,
    pub answer: Option<String>,
    pub next: DeliveryState,
    /// For `ready` and `unknown`: when it is due.
    pub due_at: Millis,
    /// Whether the attempt counts against the schedule.
    pub counts: bool,
    /// Of a mail, where its recipients were not treated alike.
    pub recipients: Vec<Recipient>,
}

/// How a delivery is settled.
pub(super) struct End<'a> {
    pub(super) state: DeliveryState,
    pub(super) reason: Option<&'a str>,
    pub(super) at: Millis,
}

/// Who waits for a delivery to be settled.
struct Owing {
    lane: Option<String>,
    receipt: bool,
}

fn owing(row: &Row<'_>) -> rusqlite::Result<Owing> {
    Ok(Owing { lane: row.get(0)?, receipt: row.get(1)? })
}

impl Tx<'_> {
    /// Records how an attempt ended. A result with an old epoch changes nothing, and is told by `false`.
    pub fn settle(&mut self, settlement: &Settlement) -> Result<bool, StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached(
                "UPDATE attempts SET ended_at = ?3, outcome = ?4, status = ?5, reason = ?6, answer = ?7
                 WHERE deliveryid = ?1 AND epoch = ?2 AND ended_at IS NULL",
            )?
            .execute((
                settlement.deliveryid,
                settlement.epoch,
                settlement.at,
                settlement.outcome,
                settlement.status,
                &settlement.reason,
                &settlement.answer,
            ))?;
        let current = connection
            .prepare_cached(
                "SELECT lane, receipt FROM deliveries WHERE deliveryid = ? AND epoch = ? AND state = 'leased'",
            )?
            .query_row((settlement.deliveryid, settlement.epoch), owing)
            .optional()?;
        let Some(owing) = current else { return Ok(false) };
        self.put_recipients(settlement.deliveryid, &settlement.recipients)?;
        if settlement.next.is_settled() {
            let end = End { state: settlement.next, reason: settlement.reason.as_deref(), at: settlement.at };
            self.settle_owing(settlement.deliveryid, owing, &end)?;
        } else {
            self.put_off(settlement)?;
        }
        Ok(true)
    }

    fn put_off(&mut self, settlement: &Settlement) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "UPDATE deliveries SET state = ?2, boot = NULL, due_at = min(?3, expires_at), reason = ?4,
                 tries = tries - ?5 WHERE deliveryid = ?1",
            )?
            .execute((
                settlement.deliveryid,
                settlement.next,
                settlement.due_at,
                &settlement.reason,
                i64::from(!settlement.counts),
            ))?;
        self.owes = true;
        Ok(())
    }

    /// Settles a delivery, lets the next one of its lane go, and writes its receipt.
    pub(super) fn settle_row(&mut self, id: DeliveryId, end: &End<'_>) -> Result<(), StoreError> {
        let connection = self.connection();
        let owing = connection
            .prepare_cached("SELECT lane, receipt FROM deliveries WHERE deliveryid = ?")?
            .query_row([id], owing)?;
        self.settle_owing(id, owing, end)
    }

    // Asked for before, for what `RETURNING` gives back SQLite puts into a table that it makes each time.
    fn settle_owing(
        &mut self,
        id: DeliveryId,
        Owing { lane, receipt }: Owing,
        &End { state, reason, at }: &End<'_>,
    ) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "UPDATE deliveries SET state = ?2, boot = NULL, reason = ?3, settled_at = ?4 WHERE deliveryid = ?1",
            )?
            .execute((id, state, reason, at))?;
        if let Some(lane) = lane {
            self.promote(&lane)?;
        }
        if receipt {
            self.write_receipt(id, state, at)?;
        }
        Ok(())
    }

    /// Lets the oldest that waits in the lane go, unless one is on its way already.
    fn promote(&mut self, lane: &str) -> Result<(), StoreError> {
        let changed = self
            .connection()
            .prepare_cached(
                // Only with the states of the index in full, and told to, does SQLite not look at every delivery.
                "UPDATE deliveries SET state = 'ready' WHERE deliveryid =
                 (SELECT deliveryid FROM deliveries INDEXED BY deliveries_in_lane WHERE lane = ?1
                  AND state IN ('ready', 'waiting', 'leased', 'unknown') AND state = 'waiting'
                  ORDER BY deliveryid LIMIT 1)
                 AND NOT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_in_lane WHERE lane = ?1
                  AND state IN ('ready', 'waiting', 'leased', 'unknown') AND state <> 'waiting')",
            )?
            .execute([lane])?;
        self.owes |= changed > 0;
        Ok(())
    }

    fn write_receipt(&mut self, id: DeliveryId, state: DeliveryState, at: Millis) -> Result<(), StoreError> {
        let Some(row) = self.delivery(id)? else { return Ok(()) };
        let attempt = self.attempts(id)?.pop();
        let outcome = match state {
            DeliveryState::Delivered => Outcome::Done,
            DeliveryState::Superseded => Outcome::Superseded,
            DeliveryState::Expired => Outcome::Expired,
            DeliveryState::Cancelled => Outcome::Cancelled,
            DeliveryState::Dead | DeliveryState::Suppressed | DeliveryState::Skipped => Outcome::Refused,
            DeliveryState::Ready | DeliveryState::Waiting | DeliveryState::Leased | DeliveryState::Unknown => {
                return Ok(());
            }
        };
        let status = attempt.as_ref().and_then(|attempt| attempt.status);
        let answer = attempt.and_then(|attempt| attempt.answer).or(row.reason).unwrap_or_default();
        self.put_receipt(&row.reporter, &Receipt { key: row.key, outcome, status, answer }, at)
    }
}
