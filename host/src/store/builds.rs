//! Builds.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::Build;
use crate::model::BuildId;
use crate::model::BuildRequestId;
use crate::model::BuilderId;
use crate::model::MasterId;
use crate::model::Properties;
use crate::model::Results;
use crate::model::Timestamp;
use crate::model::WorkerId;
use rusqlite::OptionalExtension;
use rusqlite::Row;

const SELECT: &str = "SELECT buildid, number, builderid, buildrequestid, workerid, masterid, started_at, complete_at,
    locks_duration_s, state_string, results FROM builds";

#[derive(Clone, Debug)]
pub struct NewBuild {
    pub builderid: BuilderId,
    pub buildrequestid: BuildRequestId,
    pub workerid: Option<WorkerId>,
    pub masterid: MasterId,
    /// The number that it shall have, if that is free.
    pub number: Option<i64>,
}

impl Tx<'_> {
    /// Numbers it after the newest of its builder, from 1, unless it comes with a number that is free.
    pub fn insert_build(&mut self, build: &NewBuild, now: Timestamp) -> Result<(BuildId, i64), StoreError> {
        let connection = self.connection();
        let number: i64 = connection
            .prepare_cached(
                "SELECT CASE WHEN ?2 IS NULL OR EXISTS (SELECT 1 FROM builds WHERE builderid = ?1 AND number = ?2)
                 THEN (SELECT ifnull(max(number), 0) + 1 FROM builds WHERE builderid = ?1) ELSE ?2 END",
            )?
            .query_row((build.builderid, build.number), |row| row.get(0))?;
        let line = self.put_line(build.buildrequestid)?;
        connection
            .prepare_cached(
                "INSERT INTO builds (number, builderid, buildrequestid, workerid, masterid, started_at, lineid,
                 state_string) VALUES (?, ?, ?, ?, ?, ?, ?, 'created')",
            )?
            .execute((number, build.builderid, build.buildrequestid, build.workerid, build.masterid, now, line))?;
        Ok((BuildId(connection.last_insert_rowid()), number))
    }

    pub fn set_build_state(&mut self, id: BuildId, state_string: &str) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached("UPDATE builds SET state_string = ?2 WHERE buildid = ?1")?
            .execute((id, state_string))?;
        Ok(changed > 0)
    }

    pub fn add_build_locks_duration(&mut self, id: BuildId, seconds: i64) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached("UPDATE builds SET locks_duration_s = locks_duration_s + ?2 WHERE buildid = ?1")?
            .execute((id, seconds))?;
        Ok(changed > 0)
    }

    pub fn finish_build(&mut self, id: BuildId, results: Results, now: Timestamp) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached("UPDATE builds SET complete_at = ?3, results = ?2 WHERE buildid = ?1")?
            .execute((id, results, now))?;
        Ok(changed > 0)
    }
}

impl Reader<'_> {
    pub fn build(&self, id: BuildId) -> Result<Option<Build>, StoreError> {
        let sql = format!("{SELECT} WHERE buildid = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
    }

    pub fn build_by_number(&self, builder: BuilderId, number: i64) -> Result<Option<Build>, StoreError> {
        let sql = format!("{SELECT} WHERE builderid = ? AND number = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row((builder, number), read).optional()?)
    }

    /// The one before on the same builder, those that ended in retry not counted.
    pub fn previous_build(&self, builder: BuilderId, number: i64) -> Result<Option<Build>, StoreError> {
        let sql =
            format!("{SELECT} WHERE builderid = ?1 AND number < ?2 AND results IS NOT ?3 ORDER BY number DESC LIMIT 1");
        let mut select = self.connection.prepare_cached(&sql)?;
        Ok(select.query_row((builder, number, Results::Retry), read).optional()?)
    }

    /// The builds of a request, by id.
    pub fn builds_of_request(&self, request: BuildRequestId) -> Result<Vec<Build>, StoreError> {
        let sql = format!("{SELECT} WHERE buildrequestid = ? ORDER BY buildid");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map([request], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Build> {
    let complete_at: Option<Timestamp> = row.get(7)?;
    Ok(Build {
        buildid: row.get(0)?,
        number: row.get(1)?,
        builderid: row.get(2)?,
        buildrequestid: row.get(3)?,
        workerid: row.get(4)?,
        masterid: row.get(5)?,
        started_at: row.get(6)?,
        complete_at,
        locks_duration_s: row.get(8)?,
        complete: complete_at.is_some(),
        state_string: row.get(9)?,
        results: row.get(10)?,
        properties: Properties::new(),
    })
}
