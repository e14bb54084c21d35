//! The log of events: appended by every update, read from any position.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::Event;
use crate::model::NewEvent;
use crate::model::Page;
use crate::model::Seq;
use crate::model::Timestamp;
use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::Row;
use std::sync::Arc;

/// What the events of one job may take. They are held in memory until the commit.
pub(super) const MOST_JOB_BYTES: usize = 64 * 1024 * 1024;

impl Tx<'_> {
    /// Appends an event; its position is its place in the log for ever.
    pub fn append_event(&mut self, at: Timestamp, event: NewEvent) -> Result<Seq, StoreError> {
        let seq = Seq(self.last.0 + 1);
        let event = Event { seq, at, topics: Arc::from(event.topics), body: Arc::from(event.body) };
        let bytes = self.bytes + event.bytes();
        if bytes - self.bytes_before > MOST_JOB_BYTES {
            return Err(StoreError::EventsTooLarge);
        }
        self.connection()
            .prepare_cached("INSERT INTO events (seq, at, topics, body) VALUES (?, ?, ?, ?)")?
            .execute((seq, at, event.topics.join("\n"), &event.body))?;
        self.events.push(event);
        (self.last, self.bytes) = (seq, bytes);
        Ok(seq)
    }
}

impl Reader<'_> {
    /// The position of the newest event.
    pub fn last_seq(&self) -> Result<Seq, StoreError> {
        last_seq(self.connection)
    }

    /// The position of the oldest event that is kept; nothing when there is none.
    pub fn first_seq(&self) -> Result<Option<Seq>, StoreError> {
        Ok(self.connection.query_row("SELECT min(seq) FROM events", [], |row| row.get(0))?)
    }

    /// A page of the events after `after`, in order.
    pub fn events_after(&self, after: Seq, page: Page) -> Result<Vec<Event>, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT seq, at, topics, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?")?;
        let mut fits = page.fill();
        let rows = select.query_and_then((after, page.events), read)?;
        rows.take_while(|event| event.as_ref().map_or(true, &mut fits)).collect()
    }
}

/// The position of the newest event.
pub(super) fn last_seq(connection: &Connection) -> Result<Seq, StoreError> {
    let last =
        connection.query_row("SELECT max(seq) FROM events", [], |row| row.get::<_, Option<Seq>>(0)).optional()?;
    Ok(last.flatten().unwrap_or_default())
}

fn read(row: &Row<'_>) -> Result<Event, StoreError> {
    let topics: String = row.get(2)?;
    let topics: Arc<[String]> = topics.split('\n').map(str::to_owned).collect();
    Ok(Event { seq: row.get(0)?, at: row.get(1)?, topics, body: row.get::<_, Arc<str>>(3)? })
}
