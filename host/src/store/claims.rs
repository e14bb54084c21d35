//! Taking deliveries for an attempt, and giving them back.
//!
//! Invariants: an attempt's row is written in the transaction that takes the delivery, before a byte leaves; in a
//! lane at most one is under way, and the oldest goes first.
//!
//! Not here: how attempts end (`settlements`), and what comes in the place of those that expire (`expiry`).

use super::Reader;
use super::StoreError;
use super::Tx;
use super::deliveries;
use super::deliveries::DeliveryRow;
use super::expiry::InPlace;
use super::expiry::MOST_EXPIRED;
use crate::model::*;
use rusqlite::OptionalExtension;
use std::collections::HashMap;
use std::sync::Arc;

/// What may be taken.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub now: Millis,
    pub boot: Boot,
    pub next: Next,
    pub in_place: InPlace,
}

/// How much of it, over all buckets.
#[derive(Clone, Debug)]
pub struct Room {
    /// Under way now, by destination.
    pub under_way: HashMap<String, usize>,
    /// At most so many to one destination, by the transport.
    pub places: fn(&str) -> usize,
    /// And to these, what is said here.
    pub own: Arc<HashMap<String, usize>>,
    /// At most so many in this claim.
    pub most: usize,
}

/// Which deliveries a claim takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Any,
    MayArriveTwice,
}

/// A delivery taken for an attempt.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub row: DeliveryRow,
    /// Whether an earlier attempt may have arrived: it is asked for first.
    pub unknown: bool,
    /// Whether more was due in its bucket.
    pub more: bool,
    /// What is known of a mail's recipients from earlier attempts.
    pub recipients: Vec<Recipient>,
}

/// Where something is owed.
struct Bucket {
    bucket: String,
    destination: String,
    transport: String,
}

impl Tx<'_> {
    /// Takes what is due, round the buckets. What has expired is settled on the way.
    pub fn claim(&mut self, claim: &Claim, room: Room) -> Result<Vec<Claimed>, StoreError> {
        self.release_holds(claim.now)?;
        let Room { mut under_way, places, own, most } = room;
        let mut claimed = Vec::new();
        let mut before = String::new();
        while let Some(Bucket { bucket, destination, transport }) = self.bucket_after(&before)? {
            // Nothing may go there now, for how long nobody knows: what is no longer worth sending does not wait for that.
            if own.get(&destination) == Some(&0) {
                self.expire_piece(&bucket, claim)?;
                before = bucket;
                continue;
            }
            let places = own.get(&destination).copied().unwrap_or_else(|| places(&transport));
            let busy = under_way.entry(destination).or_default();
            let room = places.saturating_sub(*busy).min(most - claimed.len());
            let more = self.claim_from(&bucket, claim, room)?;
            *busy += more.len();
            claimed.extend(more);
            before = bucket;
        }
        Ok(claimed)
    }

    /// Takes at most `room` deliveries of one bucket.
    pub fn claim_from(&mut self, bucket: &str, claim: &Claim, room: usize) -> Result<Vec<Claimed>, StoreError> {
        let mut claimed = Vec::new();
        if room == 0 || self.is_held(bucket, claim.now)? {
            return Ok(claimed);
        }
        let mut expired = Vec::new();
        // What has expired takes no room, so there may be more behind it.
        while claimed.len() < room {
            if expired.len() >= MOST_EXPIRED {
                // The rest is for the next look.
                self.owes = true;
                break;
            }
            let wanted = room - claimed.len();
            let mut due = self.due(bucket, claim, wanted + 1)?;
            let more = due.len() > wanted;
            due.truncate(wanted);
            if due.is_empty() {
                break;
            }
            for row in due {
                if row.has_expired(claim.now) {
                    expired.push(self.expire(row, claim.now)?);
                } else {
                    claimed.push(self.lease((row, more), claim)?);
                }
            }
        }
        self.stand_in(expired, claim.in_place, claim.now)?;
        Ok(claimed)
    }

    pub(super) fn due(&self, bucket: &str, claim: &Claim, most: usize) -> Result<Vec<DeliveryRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM deliveries WHERE bucket = ?1 AND due_at <= ?2 AND state IN ('ready', 'unknown')
             ORDER BY due_at, deliveryid LIMIT ?3",
            deliveries::COLUMNS
        );
        let mut select = self.connection().prepare_cached(&sql)?;
        let rows = select.query_map((bucket, claim.now, most), deliveries::read)?;
        let mut due = rows.collect::<Result<Vec<_>, _>>()?;
        // Not more than the first of these, for what is behind it may not overtake it.
        if let (Next::MayArriveTwice, Some(at)) = (claim.next, due.iter().position(|row| !row.may_arrive_twice())) {
            due.truncate(at);
        }
        Ok(due)
    }

    /// Takes back a claim of which no byte has left.
    pub fn give_back(&mut self, Claimed { row, unknown, .. }: &Claimed) -> Result<(), StoreError> {
        let state = if *unknown { DeliveryState::Unknown } else { DeliveryState::Ready };
        let connection = self.connection();
        let changed = connection
            .prepare_cached(
                "UPDATE deliveries SET state = ?3, boot = NULL, tries = tries - 1
                 WHERE deliveryid = ?1 AND epoch = ?2 AND state = 'leased'",
            )?
            .execute((row.deliveryid, row.epoch, state))?;
        if changed > 0 {
            connection
                .prepare_cached("DELETE FROM attempts WHERE deliveryid = ?1 AND epoch = ?2")?
                .execute((row.deliveryid, row.epoch))?;
            self.owes = true;
        }
        Ok(())
    }

    fn lease(&mut self, (mut row, more): (DeliveryRow, bool), claim: &Claim) -> Result<Claimed, StoreError> {
        let unknown = row.state == DeliveryState::Unknown;
        row.state = DeliveryState::Leased;
        // Of what was never tried nothing is known.
        let recipients = if row.epoch == 0 { Vec::new() } else { self.recipients(row.deliveryid)? };
        row.epoch += 1;
        row.tries += 1;
        let connection = self.connection();
        connection
            .prepare_cached(
                "UPDATE deliveries SET state = 'leased', boot = ?2, epoch = ?3, tries = ?4 WHERE deliveryid = ?1",
            )?
            .execute((row.deliveryid, claim.boot, row.epoch, row.tries))?;
        connection
            .prepare_cached("INSERT INTO attempts (deliveryid, number, epoch, started_at) VALUES (?1, ?2, ?2, ?3)")?
            .execute((row.deliveryid, row.epoch, claim.now))?;
        Ok(Claimed { row, unknown, more, recipients })
    }

    /// A new life of the process.
    pub fn begin_boot(&mut self, now: Millis) -> Result<Boot, StoreError> {
        let connection = self.connection();
        connection.prepare_cached("INSERT INTO boots (started_at) VALUES (?)")?.execute([now])?;
        Ok(Boot(connection.last_insert_rowid()))
    }

    pub fn end_boot(&mut self, boot: Boot, now: Millis) -> Result<(), StoreError> {
        self.connection().prepare_cached("UPDATE boots SET ended_at = ?2 WHERE boot = ?1")?.execute((boot, now))?;
        Ok(())
    }
}

impl Reader<'_> {
    /// What tells this database apart from all others.
    pub fn identity(&self) -> Result<String, StoreError> {
        Ok(self.connection.query_row("SELECT id FROM identity", [], |row| row.get(0))?)
    }

    /// What earlier lives of the process left under way: nobody knows whether it arrived.
    pub fn left_under_way(&self, boot: Boot) -> Result<Vec<DeliveryRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM deliveries WHERE state = 'leased' AND boot <> ? ORDER BY deliveryid",
            deliveries::COLUMNS
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map([boot], deliveries::read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The next bucket in which something can be claimed, now or later, found with one step in the index: a walk by one
    /// statement would make a table of its own each time.
    fn bucket_after(&self, before: &str) -> Result<Option<Bucket>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT bucket, destination, transport FROM deliveries INDEXED BY deliveries_claimable
             WHERE state IN ('ready', 'unknown') AND bucket > ? ORDER BY bucket, due_at, deliveryid LIMIT 1",
        )?;
        let bucket = select.query_row([before], |row| {
            Ok(Bucket { bucket: row.get(0)?, destination: row.get(1)?, transport: row.get(2)? })
        });
        Ok(bucket.optional()?)
    }

    /// When the next delivery is due after `now`; what is due already waits for room, not for time.
    pub fn next_due(&self, now: Millis) -> Result<Option<Millis>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT due_at FROM deliveries INDEXED BY deliveries_claimable
             WHERE state IN ('ready', 'unknown') AND bucket = ? AND due_at > ? ORDER BY due_at LIMIT 1",
        )?;
        let (mut before, mut next) = (String::new(), None);
        while let Some(Bucket { bucket, .. }) = self.bucket_after(&before)? {
            let due: Option<Millis> = select.query_row((&bucket, now), |row| row.get(0)).optional()?;
            next = next.into_iter().chain(due).min();
            before = bucket;
        }
        Ok(next)
    }
}
