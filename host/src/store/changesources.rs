//! Change sources, each run by one master or none.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::ChangeSourceId;
use crate::model::MasterId;
use rusqlite::OptionalExtension;

impl Tx<'_> {
    pub fn insert_changesource(&mut self, name: &str) -> Result<ChangeSourceId, StoreError> {
        let connection = self.connection();
        connection.prepare_cached("INSERT INTO changesources (name) VALUES (?)")?.execute([name])?;
        Ok(ChangeSourceId(connection.last_insert_rowid()))
    }

    /// Tells whether it is the master's now: another's it stays. `None` frees it.
    pub fn try_set_changesource_master(
        &mut self,
        id: ChangeSourceId,
        master: Option<MasterId>,
    ) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE changesources SET masterid = ?2
                 WHERE changesourceid = ?1 AND (?2 IS NULL OR masterid IS NULL OR masterid = ?2)",
            )?
            .execute((id, master))?;
        Ok(changed > 0)
    }
}

impl Reader<'_> {
    pub fn has_changesource(&self, id: ChangeSourceId) -> Result<bool, StoreError> {
        Ok(self.connection.prepare_cached("SELECT 1 FROM changesources WHERE changesourceid = ?")?.exists([id])?)
    }

    /// Those that have a name, by their ids.
    pub fn changesource_names(&self) -> Result<Vec<(ChangeSourceId, String)>, StoreError> {
        let sql = "SELECT changesourceid, name FROM changesources WHERE name <> '' ORDER BY changesourceid";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn changesource_id(&self, name: &str) -> Result<Option<ChangeSourceId>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT changesourceid FROM changesources WHERE name = ?")?;
        Ok(select.query_row([name], |row| row.get(0)).optional()?)
    }
}
