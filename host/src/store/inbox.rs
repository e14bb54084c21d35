//! What a reporter is told besides the log: wake-ups, receipts, test reports, what is said to it in chats. An item goes with the call that handled it.

use super::Reader;
use super::StoreError;
use super::Tx;
use super::rows::Json;
use crate::model::Heard;
use crate::model::Millis;
use crate::model::Receipt;
use crate::model::ReporterName;
use crate::model::Trial;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxItem {
    pub inboxid: i64,
    pub due_at: Millis,
    pub kind: InboxKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InboxKind {
    Wake(String),
    Receipt(Receipt),
    Trial(Trial),
    Heard(Heard),
}

/// Test reports that wait for one reporter.
const MOST_TRIALS: i64 = 10;

/// Lines of one speaker that wait for one reporter, and lines of a whole connection.
const MOST_OF_SPEAKER: i64 = 16;
const MOST_OF_CONNECTION: i64 = 256;

impl Tx<'_> {
    /// A later wake-up with the same key takes the place of an earlier one.
    pub fn put_wake(&mut self, name: &ReporterName, key: &str, due_at: Millis) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO inbox (reporter, wake, due_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (reporter, wake) WHERE wake IS NOT NULL DO UPDATE SET due_at = ?3",
            )?
            .execute((name, key, due_at))?;
        self.tells = true;
        Ok(())
    }

    pub fn put_receipt(&mut self, name: &ReporterName, receipt: &Receipt, now: Millis) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("INSERT INTO inbox (reporter, receipt, due_at) VALUES (?, ?, ?)")?
            .execute((name, Json(receipt), now))?;
        self.tells = true;
        Ok(())
    }

    /// Tells which item it is; nothing where enough of them wait already.
    pub fn put_trial(&mut self, name: &ReporterName, trial: &Trial, now: Millis) -> Result<Option<i64>, StoreError> {
        let waiting = "SELECT count(*) FROM inbox WHERE reporter = ? AND trial IS NOT NULL";
        let waiting: i64 = self.connection().prepare_cached(waiting)?.query_row([name], |row| row.get(0))?;
        if waiting >= MOST_TRIALS {
            return Ok(None);
        }
        self.connection().prepare_cached("INSERT INTO inbox (reporter, trial, due_at) VALUES (?, ?, ?)")?.execute((
            name,
            Json(trial),
            now,
        ))?;
        self.tells = true;
        Ok(Some(self.connection().last_insert_rowid()))
    }

    /// What was heard on a chat connection. Tells whether there was room for it: who says more than is answered is not
    /// listened to. What is about ourselves finds room always.
    pub fn put_heard(&mut self, name: &ReporterName, heard: &Heard, now: Millis) -> Result<bool, StoreError> {
        let (connection, speaker) = (heard.connection(), heard.speaker());
        if let Some(speaker) = speaker {
            let waiting = "SELECT count(*), count(*) FILTER (WHERE speaker = ?3) FROM inbox
                WHERE reporter = ?1 AND connection = ?2 AND heard IS NOT NULL";
            let (all, own): (i64, i64) = self
                .connection()
                .prepare_cached(waiting)?
                .query_row((name, connection, speaker), |row| Ok((row.get(0)?, row.get(1)?)))?;
            if all >= MOST_OF_CONNECTION || own >= MOST_OF_SPEAKER {
                return Ok(false);
            }
        }
        self.connection()
            .prepare_cached("INSERT INTO inbox (reporter, heard, connection, speaker, due_at) VALUES (?, ?, ?, ?, ?)")?
            .execute((name, Json(heard), connection, speaker, now))?;
        self.tells = true;
        Ok(true)
    }

    /// Only as it was read: a wake-up that was put off meanwhile stays.
    pub fn take_inbox(&mut self, item: &InboxItem) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("DELETE FROM inbox WHERE inboxid = ? AND due_at = ?")?
            .execute((item.inboxid, item.due_at))?;
        Ok(())
    }
}

impl Reader<'_> {
    /// Whether something is due for one of these.
    pub fn is_told(&self, names: &[ReporterName], now: Millis) -> Result<bool, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT 1 FROM inbox WHERE reporter = ? AND due_at <= ?")?;
        for name in names {
            if select.exists((name, now))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether this item is still there.
    pub fn is_in_inbox(&self, inboxid: i64, due_at: Millis) -> Result<bool, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT 1 FROM inbox WHERE inboxid = ? AND due_at = ?")?;
        Ok(select.exists((inboxid, due_at))?)
    }

    /// At most `most` items of a reporter, the first that are due first; those that are due later, too.
    pub fn inbox(&self, name: &ReporterName, most: usize) -> Result<Vec<InboxItem>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT inboxid, due_at, wake, receipt, trial, heard FROM inbox WHERE reporter = ? ORDER BY due_at, inboxid LIMIT ?",
        )?;
        let rows = select.query_and_then((name, most), |row| -> Result<InboxItem, StoreError> {
            let (wake, receipt) = (row.get::<_, Option<String>>(2)?, row.get::<_, Option<Json<_>>>(3)?);
            let trial = row.get::<_, Option<Json<_>>>(4)?;
            let kind = match (wake, receipt, trial) {
                (Some(key), _, _) => InboxKind::Wake(key),
                (None, Some(Json(receipt)), _) => InboxKind::Receipt(receipt),
                (None, None, Some(Json(trial))) => InboxKind::Trial(trial),
                (None, None, None) => InboxKind::Heard(row.get::<_, Json<_>>(5)?.0),
            };
            Ok(InboxItem { inboxid: row.get(0)?, due_at: row.get(1)?, kind })
        })?;
        rows.collect()
    }
}
