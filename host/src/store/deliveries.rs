//! Deliveries: written with the cursor that made them, read by people and by the send loop.
//!
//! Not here: taking one for an attempt (`claims`), and how an attempt ends (`settlements`).

use super::Reader;
use super::StoreError;
use super::Tx;
use super::settlements::End;
use crate::model::*;
use rusqlite::OptionalExtension;
use rusqlite::Row;

/// A delivery as it stands in its row: what is JSON there is text here.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryRow {
    pub deliveryid: DeliveryId,
    pub uid: String,
    pub reporter: ReporterName,
    pub seq: Seq,
    pub key: String,
    pub transport: String,
    pub destination: String,
    /// The destination and the secrets that go there.
    pub bucket: String,
    pub lane: Option<String>,
    pub replace: Option<String>,
    pub resend: String,
    pub receipt: bool,
    pub state: DeliveryState,
    pub reason: Option<String>,
    pub tries: i64,
    pub epoch: i64,
    pub created_at: Millis,
    pub due_at: Millis,
    /// After so many milliseconds it is not worth sending.
    pub ttl: i64,
    pub expires_at: Millis,
    pub settled_at: Option<Millis>,
    pub message: String,
}

impl DeliveryRow {
    /// Whether it may be sent again without a question when nobody knows whether it arrived.
    pub fn may_arrive_twice(&self) -> bool {
        match serde_json::from_str(&self.resend) {
            Ok(Resend::Upsert) => true,
            // With the same Message-ID.
            Ok(Resend::Blind) => self.transport == "smtp",
            Ok(Resend::Probe(_)) | Err(_) => false,
        }
    }
}

/// What a host still has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The newest event, to which the reporters have to come.
    pub last: Seq,
    /// Deliveries that are not settled.
    pub deliveries: i64,
    /// Whether a receipt or a wake-up is due.
    pub told: bool,
}

impl Owed {
    /// Nothing but, perhaps, events that were not rendered.
    pub fn is_nothing(&self) -> bool {
        self.deliveries == 0 && !self.told
    }
}

/// Which deliveries a list shows.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    pub reporter: Option<ReporterName>,
    pub state: Option<DeliveryState>,
    pub limit: Option<i64>,
    pub offset: i64,
}

/// Without the message, which a list does not show.
const SUMMARY: &str = "deliveryid, uid, reporter, seq, key, transport, destination, bucket, lane, replace_group,
    resend, receipt, state, reason, tries, epoch, created_at, due_at, ttl, expires_at, settled_at, '' AS message";

pub(super) const COLUMNS: &str = "deliveryid, uid, reporter, seq, key, transport, destination, bucket, lane,
    replace_group, resend, receipt, state, reason, tries, epoch, created_at, due_at, ttl, expires_at, settled_at,
    (SELECT message FROM messages WHERE messages.deliveryid = deliveries.deliveryid)";

impl Tx<'_> {
    /// Writes a delivery; `deliveryid` is given here. One with the same `uid` is there already: nothing happens.
    ///
    /// In its lane it takes the place of those of its reporter with the same `replace` that were never tried, and
    /// waits while another one is before it.
    pub fn insert_delivery(&mut self, row: &DeliveryRow) -> Result<Option<DeliveryId>, StoreError> {
        let known = "SELECT 1 FROM deliveries WHERE uid = ?";
        if self.connection().prepare_cached(known)?.exists([&row.uid])? {
            return Ok(None);
        }
        if row.state == DeliveryState::Ready {
            self.supersede(row)?;
        }
        let state = match &row.lane {
            Some(lane) if row.state == DeliveryState::Ready && self.lane_is_busy(lane)? => DeliveryState::Waiting,
            _ => row.state,
        };
        let connection = self.connection();
        connection
            .prepare_cached(
                "INSERT INTO deliveries (uid, reporter, seq, key, transport, destination, bucket, lane, replace_group,
                 resend, receipt, state, reason, created_at, due_at, ttl, expires_at, settled_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(rusqlite::params![
                row.uid,
                row.reporter,
                row.seq,
                row.key,
                row.transport,
                row.destination,
                row.bucket,
                row.lane,
                row.replace,
                row.resend,
                row.receipt,
                state,
                row.reason,
                row.created_at,
                row.due_at,
                row.ttl,
                row.expires_at,
                row.settled_at,
            ])?;
        let id = DeliveryId(connection.last_insert_rowid());
        connection
            .prepare_cached("INSERT INTO messages (deliveryid, message) VALUES (?, ?)")?
            .execute((id, &row.message))?;
        self.owes = true;
        Ok(Some(id))
    }

    fn supersede(&mut self, row: &DeliveryRow) -> Result<(), StoreError> {
        let (Some(lane), Some(replace)) = (&row.lane, &row.replace) else { return Ok(()) };
        let stale: Vec<DeliveryId> = self
            .connection()
            .prepare_cached(
                // Only with the states of the index in full, and told to, does SQLite not look at every delivery.
                "SELECT deliveryid FROM deliveries INDEXED BY deliveries_in_lane WHERE lane = ?1
                 AND state IN ('ready', 'waiting', 'leased', 'unknown') AND state IN ('ready', 'waiting')
                 AND replace_group = ?2 AND reporter = ?3",
            )?
            .query_map((lane, replace, &row.reporter), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in stale {
            let reason = Some("a newer one took its place");
            self.settle_row(id, &End { state: DeliveryState::Superseded, reason, at: row.created_at })?;
        }
        Ok(())
    }

    /// Whether a newer one that takes its place has arrived, or may still: after that, what it says is no longer true.
    fn is_outdated(&self, id: DeliveryId) -> Result<bool, StoreError> {
        let mut select = self.connection().prepare_cached(
            "SELECT 1 FROM deliveries old JOIN deliveries new ON new.lane = old.lane AND new.replace_group = old.replace_group
             AND new.reporter = old.reporter AND new.deliveryid > old.deliveryid
             WHERE old.deliveryid = ? AND new.state IN ('ready', 'waiting', 'leased', 'unknown', 'delivered')",
        )?;
        Ok(select.exists([id])?)
    }

    fn lane_is_busy(&self, lane: &str) -> Result<bool, StoreError> {
        let mut select = self.connection().prepare_cached(
            "SELECT 1 FROM deliveries WHERE lane = ? AND state IN ('ready', 'waiting', 'leased', 'unknown')",
        )?;
        Ok(select.exists([lane])?)
    }

    /// Sends a settled delivery again, with a new series of tries. Tells whether it was one that can be: a mail that
    /// was delivered can, to those who were refused; one whose place a newer one has taken cannot.
    ///
    /// One that may have arrived and can be asked for is asked for first.
    pub fn retry_delivery(&mut self, id: DeliveryId, now: Millis) -> Result<bool, StoreError> {
        let connection = self.connection();
        let lane: Option<Option<String>> = connection
            .prepare_cached(
                "SELECT lane FROM deliveries WHERE deliveryid = ?1 AND (state IN ('dead', 'expired', 'cancelled')
                 OR state = 'delivered'
                    AND EXISTS (SELECT 1 FROM recipients WHERE deliveryid = ?1 AND outcome = 'refused'))",
            )?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let Some(lane) = lane else { return Ok(false) };
        if self.is_outdated(id)? {
            return Ok(false);
        }
        let busy = lane.map(|lane| self.lane_is_busy(&lane)).transpose()?.unwrap_or(false);
        let asked = "SELECT resend LIKE '{\"probe\"%' AND (SELECT outcome FROM attempts WHERE attempts.deliveryid =
            deliveries.deliveryid ORDER BY number DESC LIMIT 1) IS 'unknown' FROM deliveries WHERE deliveryid = ?";
        let unknown: bool = connection.prepare_cached(asked)?.query_row([id], |row| row.get(0))?;
        let state = match (busy, unknown) {
            (true, _) => DeliveryState::Waiting,
            (false, true) => DeliveryState::Unknown,
            (false, false) => DeliveryState::Ready,
        };
        connection
            .prepare_cached(
                "UPDATE deliveries SET state = ?2, reason = NULL, tries = 0, due_at = ?3, settled_at = NULL,
                 expires_at = ?3 + ttl WHERE deliveryid = ?1",
            )?
            .execute((id, state, now))?;
        self.reopen_recipients(id)?;
        self.owes = true;
        Ok(true)
    }
}

impl Reader<'_> {
    pub fn delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE deliveryid = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
    }

    /// The newest first, without their messages, and how many there are in all.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<(Vec<DeliveryRow>, i64), StoreError> {
        let chosen = "(?1 IS NULL OR reporter = ?1) AND (?2 IS NULL OR state = ?2)";
        let sql =
            format!("SELECT {SUMMARY} FROM deliveries WHERE {chosen} ORDER BY deliveryid DESC LIMIT ?3 OFFSET ?4");
        let mut select = self.connection.prepare_cached(&sql)?;
        let page = (&filter.reporter, filter.state, filter.limit.unwrap_or(-1), filter.offset);
        let rows = select.query_map(page, read)?.collect::<Result<_, _>>()?;
        let total = self
            .connection
            .prepare_cached(&format!("SELECT count(*) FROM deliveries WHERE {chosen}"))?
            .query_row((&filter.reporter, filter.state), |row| row.get(0))?;
        Ok((rows, total))
    }

    /// Those of a reporter behind a delivery whose keys begin so, without their messages, in order.
    pub fn deliveries_keyed(
        &self,
        reporter: &ReporterName,
        (after, prefix): (DeliveryId, &str),
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let sql = format!(
            "SELECT {SUMMARY} FROM deliveries WHERE deliveryid > ?1 AND reporter = ?2
             AND substr(key, 1, length(?3)) = ?3 ORDER BY deliveryid"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        Ok(select.query_map((after, reporter, prefix), read)?.collect::<Result<_, _>>()?)
    }

    /// Those that a reporter made of an event, in order.
    pub fn deliveries_of_event(&self, reporter: &ReporterName, seq: Seq) -> Result<Vec<DeliveryRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE reporter = ? AND seq = ? ORDER BY deliveryid");
        let mut select = self.connection.prepare_cached(&sql)?;
        Ok(select.query_map((reporter, seq), read)?.collect::<Result<_, _>>()?)
    }

    /// The newest delivery.
    pub fn last_delivery(&self) -> Result<DeliveryId, StoreError> {
        let last = "SELECT coalesce(max(deliveryid), 0) FROM deliveries";
        Ok(self.connection.prepare_cached(last)?.query_row([], |row| row.get(0))?)
    }

    /// A delivery's attempts, in order.
    pub fn attempts(&self, id: DeliveryId) -> Result<Vec<Attempt>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT attemptid, deliveryid, number, started_at, ended_at, outcome, status, reason, answer
             FROM attempts WHERE deliveryid = ? ORDER BY number",
        )?;
        let rows = select.query_map([id], |row| {
            Ok(Attempt {
                attemptid: row.get(0)?,
                deliveryid: row.get(1)?,
                number: row.get(2)?,
                started_at: row.get(3)?,
                ended_at: row.get(4)?,
                outcome: row.get(5)?,
                status: row.get(6)?,
                reason: row.get(7)?,
                answer: row.get(8)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What is still owed, in one look.
    pub fn owed(&self, reporters: &[ReporterName], now: Millis) -> Result<Owed, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT count(*) FROM deliveries WHERE state IN ('ready', 'waiting', 'leased', 'unknown')",
        )?;
        let deliveries = select.query_row([], |row| row.get(0))?;
        Ok(Owed { last: self.last_seq()?, deliveries, told: self.is_told(reporters, now)? })
    }
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<DeliveryRow> {
    Ok(DeliveryRow {
        deliveryid: row.get(0)?,
        uid: row.get(1)?,
        reporter: row.get(2)?,
        seq: row.get(3)?,
        key: row.get(4)?,
        transport: row.get(5)?,
        destination: row.get(6)?,
        bucket: row.get(7)?,
        lane: row.get(8)?,
        replace: row.get(9)?,
        resend: row.get(10)?,
        receipt: row.get(11)?,
        state: row.get(12)?,
        reason: row.get(13)?,
        tries: row.get(14)?,
        epoch: row.get(15)?,
        created_at: row.get(16)?,
        due_at: row.get(17)?,
        ttl: row.get(18)?,
        expires_at: row.get(19)?,
        settled_at: row.get(20)?,
        message: row.get(21)?,
    })
}
