//! Workers: where they are connected, and what they are configured for.

use super::Reader;
use super::StoreError;
use super::Tx;
use super::rows::Json;
use crate::model::BuilderId;
use crate::model::ConfiguredOn;
use crate::model::ConnectedTo;
use crate::model::MasterId;
use crate::model::Worker;
use crate::model::WorkerId;
use rusqlite::OptionalExtension;
use rusqlite::Row;
use serde_json::Map;
use serde_json::Value;

const COLUMNS: &str = "workerid, name, workerinfo, paused, pause_reason, graceful";

impl Tx<'_> {
    pub fn insert_worker(&mut self, name: &str) -> Result<WorkerId, StoreError> {
        let connection = self.connection();
        connection.prepare_cached("INSERT INTO workers (name) VALUES (?)")?.execute([name])?;
        Ok(WorkerId(connection.last_insert_rowid()))
    }

    /// Replaces what the worker is configured for on this master.
    pub fn configure_worker(
        &mut self,
        worker: WorkerId,
        master: MasterId,
        builders: &[BuilderId],
    ) -> Result<(), StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached("DELETE FROM configured_workers WHERE workerid = ? AND masterid = ?")?
            .execute((worker, master))?;
        let mut insert = connection.prepare_cached(
            "INSERT OR IGNORE INTO configured_workers (workerid, builderid, masterid) VALUES (?, ?, ?)",
        )?;
        for builder in builders {
            insert.execute((worker, builder, master))?;
        }
        Ok(())
    }

    pub fn deconfigure_workers(&mut self, master: MasterId) -> Result<(), StoreError> {
        self.connection().prepare_cached("DELETE FROM configured_workers WHERE masterid = ?")?.execute([master])?;
        Ok(())
    }

    pub fn connect_worker(
        &mut self,
        worker: WorkerId,
        master: MasterId,
        info: &Map<String, Value>,
    ) -> Result<(), StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached("UPDATE workers SET workerinfo = ?2 WHERE workerid = ?1")?
            .execute((worker, Json(info)))?;
        connection
            .prepare_cached("INSERT OR IGNORE INTO connected_workers (workerid, masterid) VALUES (?, ?)")?
            .execute((worker, master))?;
        Ok(())
    }

    pub fn disconnect_worker(&mut self, worker: WorkerId, master: MasterId) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("DELETE FROM connected_workers WHERE workerid = ? AND masterid = ?")?
            .execute((worker, master))?;
        Ok(())
    }

    pub fn set_worker_paused(
        &mut self,
        worker: WorkerId,
        paused: bool,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("UPDATE workers SET paused = ?2, pause_reason = ?3 WHERE workerid = ?1")?
            .execute((worker, paused, reason))?;
        Ok(())
    }

    pub fn set_worker_graceful(&mut self, worker: WorkerId, graceful: bool) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("UPDATE workers SET graceful = ?2 WHERE workerid = ?1")?
            .execute((worker, graceful))?;
        Ok(())
    }
}

impl Reader<'_> {
    pub fn worker(&self, id: WorkerId) -> Result<Option<Worker>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM workers WHERE workerid = ?");
        let found = self.connection.prepare_cached(&sql)?.query_row([id], read).optional()?;
        found.map(|worker| self.with_places(worker)).transpose()
    }

    pub fn worker_id(&self, name: &str) -> Result<Option<WorkerId>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT workerid FROM workers WHERE name = ?")?;
        Ok(select.query_row([name], |row| row.get(0)).optional()?)
    }

    fn with_places(&self, mut worker: Worker) -> Result<Worker, StoreError> {
        let id = worker.workerid;
        worker.connected_to = self
            .connection
            .prepare_cached("SELECT masterid FROM connected_workers WHERE workerid = ? ORDER BY masterid")?
            .query_map([id], |row| Ok(ConnectedTo { masterid: row.get(0)? }))?
            .collect::<Result<_, _>>()?;
        worker.configured_on = self
            .connection
            .prepare_cached(
                "SELECT masterid, builderid FROM configured_workers WHERE workerid = ? ORDER BY masterid, builderid",
            )?
            .query_map([id], |row| Ok(ConfiguredOn { masterid: row.get(0)?, builderid: row.get(1)? }))?
            .collect::<Result<_, _>>()?;
        Ok(worker)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Worker> {
    Ok(Worker {
        workerid: row.get(0)?,
        name: row.get(1)?,
        connected_to: Vec::new(),
        configured_on: Vec::new(),
        workerinfo: row.get::<_, Json<_>>(2)?.0,
        paused: row.get(3)?,
        pause_reason: row.get(4)?,
        graceful: row.get(5)?,
    })
}
