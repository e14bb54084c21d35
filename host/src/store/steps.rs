//! Steps of builds.

use super::Reader;
use super::StoreError;
use super::Tx;
use super::rows::Json;
use crate::model::BuildId;
use crate::model::Results;
use crate::model::Step;
use crate::model::StepId;
use crate::model::Timestamp;
use crate::model::Url;
use rusqlite::OptionalExtension;
use rusqlite::Row;

const SELECT: &str = "SELECT stepid, number, name, buildid, started_at, locks_acquired_at, complete_at, state_string,
    results, urls, hidden FROM steps";

impl Tx<'_> {
    /// Number and name must be free.
    pub fn insert_step(&mut self, build: BuildId, (number, name): (i64, &str)) -> Result<StepId, StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached("INSERT INTO steps (number, name, buildid, state_string) VALUES (?, ?, ?, 'pending')")?
            .execute((number, name, build))?;
        Ok(StepId(connection.last_insert_rowid()))
    }

    pub fn start_step(&mut self, id: StepId, at: Timestamp, locks_acquired: bool) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE steps SET started_at = ?2, locks_acquired_at = iif(?3, ?2, locks_acquired_at) WHERE stepid = ?1",
            )?
            .execute((id, at, locks_acquired))?;
        Ok(changed > 0)
    }

    pub fn set_step_locks_acquired(&mut self, id: StepId, at: Timestamp) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached("UPDATE steps SET locks_acquired_at = ?2 WHERE stepid = ?1")?
            .execute((id, at))?;
        Ok(changed > 0)
    }

    pub fn set_step_state(&mut self, id: StepId, state_string: &str) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached("UPDATE steps SET state_string = ?2 WHERE stepid = ?1")?
            .execute((id, state_string))?;
        Ok(changed > 0)
    }

    pub fn set_step_urls(&mut self, id: StepId, urls: &[Url]) -> Result<(), StoreError> {
        self.connection().prepare_cached("UPDATE steps SET urls = ?2 WHERE stepid = ?1")?.execute((id, Json(urls)))?;
        Ok(())
    }

    pub fn finish_step(
        &mut self,
        id: StepId,
        (results, hidden): (Results, bool),
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached("UPDATE steps SET complete_at = ?4, results = ?2, hidden = ?3 WHERE stepid = ?1")?
            .execute((id, results, hidden, at))?;
        Ok(changed > 0)
    }
}

impl Reader<'_> {
    pub fn step(&self, id: StepId) -> Result<Option<Step>, StoreError> {
        let sql = format!("{SELECT} WHERE stepid = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
    }

    pub fn step_by_number(&self, build: BuildId, number: i64) -> Result<Option<Step>, StoreError> {
        let sql = format!("{SELECT} WHERE buildid = ? AND number = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row((build, number), read).optional()?)
    }

    pub fn step_by_name(&self, build: BuildId, name: &str) -> Result<Option<Step>, StoreError> {
        let sql = format!("{SELECT} WHERE buildid = ? AND name = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row((build, name), read).optional()?)
    }

    /// The number after the newest of the build, from 0.
    pub fn next_step_number(&self, build: BuildId) -> Result<i64, StoreError> {
        let mut select =
            self.connection.prepare_cached("SELECT ifnull(max(number), -1) + 1 FROM steps WHERE buildid = ?")?;
        Ok(select.query_row([build], |row| row.get(0))?)
    }

    /// The steps of a build, by number.
    pub fn steps_of(&self, build: BuildId) -> Result<Vec<Step>, StoreError> {
        let sql = format!("{SELECT} WHERE buildid = ? ORDER BY number");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map([build], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Step> {
    let complete_at: Option<Timestamp> = row.get(6)?;
    Ok(Step {
        stepid: row.get(0)?,
        number: row.get(1)?,
        name: row.get(2)?,
        buildid: row.get(3)?,
        started_at: row.get(4)?,
        locks_acquired_at: row.get(5)?,
        complete: complete_at.is_some(),
        complete_at,
        state_string: row.get(7)?,
        results: row.get(8)?,
        urls: row.get::<_, Json<_>>(9)?.0,
        hidden: row.get(10)?,
    })
}
