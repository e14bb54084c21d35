//! Masters: who reports, since when it was not heard of, and what it leaves behind when it is gone.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::BuildId;
use crate::model::Master;
use crate::model::MasterId;
use crate::model::Timestamp;
use rusqlite::OptionalExtension;
use rusqlite::Row;

const SELECT: &str = "SELECT masterid, name, active, last_active FROM masters";

/// What is bound to a master that runs, and nothing to one that does not.
const RELEASED: [&str; 7] = [
    "DELETE FROM builder_masters WHERE masterid = ?",
    "DELETE FROM configured_workers WHERE masterid = ?",
    "DELETE FROM connected_workers WHERE masterid = ?",
    "DELETE FROM forceschedulers WHERE masterid = ?",
    "UPDATE schedulers SET masterid = NULL WHERE masterid = ?",
    "UPDATE changesources SET masterid = NULL WHERE masterid = ?",
    "UPDATE buildrequests SET claimed_at = NULL, claimed_by_masterid = NULL
     WHERE claimed_by_masterid = ? AND complete_at IS NULL",
];

impl Tx<'_> {
    /// Makes a master that has not said yet that it is active. No other may have the name.
    pub fn insert_master(&mut self, id: MasterId, name: &str) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("INSERT INTO masters (masterid, name, active, last_active) VALUES (?, ?, 0, 0)")?
            .execute((id, name))?;
        Ok(())
    }

    /// An id that no master has.
    pub fn next_master(&self) -> Result<MasterId, StoreError> {
        let next = "SELECT ifnull(max(masterid), 0) + 1 FROM masters";
        Ok(self.connection().prepare_cached(next)?.query_row([], |row| row.get(0))?)
    }

    /// Makes the master, or notes its name and that it is active. No other may have the name.
    pub fn put_master(&mut self, id: MasterId, name: &str, now: Timestamp) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO masters (masterid, name, active, last_active) VALUES (?1, ?2, 1, ?3)
                 ON CONFLICT (masterid) DO UPDATE SET name = ?2, active = 1, last_active = ?3",
            )?
            .execute((id, name, now))?;
        Ok(())
    }

    /// Tells whether it was active until now.
    pub fn deactivate_master(&mut self, id: MasterId) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached("UPDATE masters SET active = 0 WHERE masterid = ? AND active")?
            .execute([id])?;
        Ok(changed > 0)
    }

    /// Frees what the master holds: its builders, workers, schedulers, forms and claims of open requests.
    pub fn release_master(&mut self, id: MasterId) -> Result<(), StoreError> {
        for sql in RELEASED {
            self.connection().prepare_cached(sql)?.execute([id])?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    pub fn has_master(&self, id: MasterId) -> Result<bool, StoreError> {
        Ok(self.connection.prepare_cached("SELECT 1 FROM masters WHERE masterid = ?")?.exists([id])?)
    }

    pub fn master(&self, id: MasterId) -> Result<Option<Master>, StoreError> {
        let sql = format!("{SELECT} WHERE masterid = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
    }

    pub fn master_by_name(&self, name: &str) -> Result<Option<MasterId>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT masterid FROM masters WHERE name = ?")?;
        Ok(select.query_row([name], |row| row.get(0)).optional()?)
    }

    /// Those that once said that they are active, but not since `since`, by id.
    pub fn masters_unseen_since(&self, since: Timestamp) -> Result<Vec<Master>, StoreError> {
        let sql = format!("{SELECT} WHERE last_active <> 0 AND last_active < ? ORDER BY masterid");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map([since], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The builds that run on a master, by id.
    pub fn builds_running_on(&self, id: MasterId) -> Result<Vec<BuildId>, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT buildid FROM builds WHERE masterid = ? AND complete_at IS NULL ORDER BY buildid")?;
        let rows = select.query_map([id], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Master> {
    Ok(Master { masterid: row.get(0)?, name: row.get(1)?, active: row.get(2)?, last_active: row.get(3)? })
}
