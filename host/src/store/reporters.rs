//! What a reporter has: its cursor in the log, its trouble, and what it remembers.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::Millis;
use crate::model::ReporterName;
use crate::model::Seq;
use rusqlite::OptionalExtension;

/// How far a reporter has come, and what holds it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReporterRow {
    pub cursor: Seq,
    pub trouble: Option<Trouble>,
}

/// A call that has to be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub reason: String,
    /// Which call; empty where it was none, and the host itself was in trouble.
    pub held: String,
    /// How often it was made.
    pub tries: i64,
    pub retry_at: Millis,
}

impl Tx<'_> {
    /// Makes a reporter that starts after `cursor`, unless it is known.
    pub fn put_reporter(&mut self, name: &ReporterName, cursor: Seq) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("INSERT OR IGNORE INTO reporters (name, cursor) VALUES (?, ?)")?
            .execute((name, cursor))?;
        Ok(())
    }

    pub fn set_cursor(&mut self, name: &ReporterName, cursor: Seq) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("UPDATE reporters SET cursor = ?2 WHERE name = ?1 AND cursor <> ?2")?
            .execute((name, cursor))?;
        Ok(())
    }

    /// Notes why a call has to be made again, how often it was made, and when it is made next.
    pub fn set_trouble(&mut self, name: &ReporterName, trouble: &Trouble) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("UPDATE reporters SET trouble = ?2, held = ?3, tries = ?4, retry_at = ?5 WHERE name = ?1")?
            .execute((name, &trouble.reason, &trouble.held, trouble.tries, trouble.retry_at))?;
        Ok(())
    }

    /// The call was made, or given up.
    pub fn clear_trouble(&mut self, name: &ReporterName) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "UPDATE reporters SET trouble = NULL, held = '', tries = 0, retry_at = NULL
                 WHERE name = ?1 AND trouble IS NOT NULL",
            )?
            .execute([name])?;
        Ok(())
    }

    /// Keeps a JSON value; without one, forgets it.
    pub fn remember(&mut self, name: &ReporterName, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        let connection = self.connection();
        match value {
            Some(value) => connection
                .prepare_cached(
                    "INSERT INTO reporter_state (reporter, key, value) VALUES (?1, ?2, ?3)
                     ON CONFLICT (reporter, key) DO UPDATE SET value = ?3",
                )?
                .execute((name, key, value))?,
            None => connection
                .prepare_cached("DELETE FROM reporter_state WHERE reporter = ? AND key = ?")?
                .execute((name, key))?,
        };
        Ok(())
    }
}

impl Reader<'_> {
    pub fn reporter(&self, name: &ReporterName) -> Result<Option<ReporterRow>, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT cursor, trouble, held, tries, retry_at FROM reporters WHERE name = ?")?;
        let found = select
            .query_row([name], |row| {
                let trouble = match row.get(1)? {
                    Some(reason) => {
                        Some(Trouble { reason, held: row.get(2)?, tries: row.get(3)?, retry_at: row.get(4)? })
                    }
                    None => None,
                };
                Ok(ReporterRow { cursor: row.get(0)?, trouble })
            })
            .optional()?;
        Ok(found)
    }

    pub fn remembered(&self, name: &ReporterName, key: &str) -> Result<Option<String>, StoreError> {
        let mut select =
            self.connection.prepare_cached("SELECT value FROM reporter_state WHERE reporter = ? AND key = ?")?;
        Ok(select.query_row((name, key), |row| row.get(0)).optional()?)
    }

    /// How many keys it keeps.
    pub fn remembered_count(&self, name: &ReporterName) -> Result<i64, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT count(*) FROM reporter_state WHERE reporter = ?")?;
        Ok(select.query_row([name], |row| row.get(0))?)
    }

    /// The keys that begin with `prefix`, sorted.
    pub fn remembered_keys(&self, name: &ReporterName, prefix: &str) -> Result<Vec<String>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT key FROM reporter_state WHERE reporter = ?1 AND key >= ?2 AND substr(key, 1, length(?2)) = ?2
             ORDER BY key",
        )?;
        let rows = select.query_map((name, prefix), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
