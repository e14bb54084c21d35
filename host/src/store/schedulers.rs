//! Schedulers, each run by one master or none.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::MasterId;
use crate::model::Scheduler;
use crate::model::SchedulerId;
use rusqlite::OptionalExtension;

impl Tx<'_> {
    pub fn insert_scheduler(&mut self, name: &str) -> Result<SchedulerId, StoreError> {
        let connection = self.connection();
        connection.prepare_cached("INSERT INTO schedulers (name) VALUES (?)")?.execute([name])?;
        Ok(SchedulerId(connection.last_insert_rowid()))
    }

    /// Tells whether it is the master's now: another's it stays. `None` frees it.
    pub fn try_set_scheduler_master(&mut self, id: SchedulerId, master: Option<MasterId>) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE schedulers SET masterid = ?2
                 WHERE schedulerid = ?1 AND (?2 IS NULL OR masterid IS NULL OR masterid = ?2)",
            )?
            .execute((id, master))?;
        Ok(changed > 0)
    }

    pub fn enable_scheduler(&mut self, id: SchedulerId, enabled: bool) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("UPDATE schedulers SET enabled = ?2 WHERE schedulerid = ?1")?
            .execute((id, enabled))?;
        Ok(())
    }
}

impl Reader<'_> {
    pub fn scheduler(&self, id: SchedulerId) -> Result<Option<Scheduler>, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT schedulerid, name, enabled, masterid FROM schedulers WHERE schedulerid = ?")?;
        let found = select
            .query_row([id], |row| {
                let scheduler =
                    Scheduler { schedulerid: row.get(0)?, name: row.get(1)?, enabled: row.get(2)?, master: None };
                Ok((scheduler, row.get::<_, Option<MasterId>>(3)?))
            })
            .optional()?;
        let Some((mut scheduler, master)) = found else { return Ok(None) };
        scheduler.master = master.map(|id| self.master(id)).transpose()?.flatten();
        Ok(Some(scheduler))
    }

    pub fn scheduler_id(&self, name: &str) -> Result<Option<SchedulerId>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT schedulerid FROM schedulers WHERE name = ?")?;
        Ok(select.query_row([name], |row| row.get(0)).optional()?)
    }
}
