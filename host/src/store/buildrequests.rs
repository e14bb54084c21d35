//! Build requests: one builder's part of a buildset, from submitted to complete.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::BuildRequest;
use crate::model::BuildRequestId;
use crate::model::BuilderId;
use crate::model::BuildsetId;
use crate::model::MasterId;
use crate::model::Results;
use crate::model::Timestamp;
use rusqlite::OptionalExtension;
use rusqlite::Row;

const SELECT: &str = "SELECT buildrequestid, bsid, builderid, priority, claimed_at, claimed_by_masterid, complete_at,
    results, submitted_at, waited_for FROM buildrequests";

/// What Buildbot shows in place of the results of an open request.
const OPEN: i64 = -1;

#[derive(Clone, Debug)]
pub struct NewBuildRequest {
    pub bsid: BuildsetId,
    pub builderid: BuilderId,
    pub priority: i64,
    pub waited_for: bool,
}

impl Tx<'_> {
    pub fn insert_buildrequest(
        &mut self,
        request: &NewBuildRequest,
        now: Timestamp,
    ) -> Result<BuildRequestId, StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached(
                "INSERT INTO buildrequests (bsid, builderid, priority, waited_for, submitted_at) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute((request.bsid, request.builderid, request.priority, request.waited_for, now))?;
        Ok(BuildRequestId(connection.last_insert_rowid()))
    }

    /// Tells whether the request was there to be claimed.
    pub fn claim_buildrequest(
        &mut self,
        id: BuildRequestId,
        master: MasterId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE buildrequests SET claimed_at = ?3, claimed_by_masterid = ?2
                 WHERE buildrequestid = ?1 AND claimed_at IS NULL AND complete_at IS NULL",
            )?
            .execute((id, master, now))?;
        Ok(changed > 0)
    }

    /// Tells whether it was this master's claim.
    pub fn unclaim_buildrequest(&mut self, id: BuildRequestId, master: MasterId) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE buildrequests SET claimed_at = NULL, claimed_by_masterid = NULL
                 WHERE buildrequestid = ?1 AND claimed_by_masterid = ?2 AND complete_at IS NULL",
            )?
            .execute((id, master))?;
        Ok(changed > 0)
    }

    pub fn set_buildrequest_priority(&mut self, id: BuildRequestId, priority: i64) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("UPDATE buildrequests SET priority = ?2 WHERE buildrequestid = ?1")?
            .execute((id, priority))?;
        Ok(())
    }

    /// Tells whether it was open until now.
    pub fn complete_buildrequest(
        &mut self,
        id: BuildRequestId,
        results: Results,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE buildrequests SET complete_at = ?3, results = ?2
                 WHERE buildrequestid = ?1 AND complete_at IS NULL",
            )?
            .execute((id, results, at))?;
        Ok(changed > 0)
    }
}

impl Reader<'_> {
    pub fn buildrequest(&self, id: BuildRequestId) -> Result<Option<BuildRequest>, StoreError> {
        let sql = format!("{SELECT} WHERE buildrequestid = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
    }

    /// The requests of a builder that nobody has claimed and that are not over, by id.
    pub fn unclaimed_buildrequests_of(&self, builder: BuilderId) -> Result<Vec<BuildRequest>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE builderid = ? AND complete_at IS NULL AND claimed_at IS NULL ORDER BY buildrequestid"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map([builder], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The requests of a buildset, by id.
    pub fn buildrequests_of(&self, buildset: BuildsetId) -> Result<Vec<BuildRequest>, StoreError> {
        let sql = format!("{SELECT} WHERE bsid = ? ORDER BY buildrequestid");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map([buildset], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<BuildRequest> {
    let (claimed_at, complete_at): (Option<Timestamp>, Option<Timestamp>) = (row.get(4)?, row.get(6)?);
    Ok(BuildRequest {
        buildrequestid: row.get(0)?,
        buildsetid: row.get(1)?,
        builderid: row.get(2)?,
        priority: row.get(3)?,
        claimed: claimed_at.is_some(),
        claimed_at,
        claimed_by_masterid: row.get(5)?,
        complete: complete_at.is_some(),
        results: row.get::<_, Option<i64>>(7)?.unwrap_or(OPEN),
        submitted_at: row.get(8)?,
        complete_at,
        waited_for: row.get(9)?,
        properties: None,
    })
}
