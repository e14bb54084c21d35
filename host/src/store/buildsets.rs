//! Buildsets: what was asked for together.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::BuildId;
use crate::model::Buildset;
use crate::model::BuildsetId;
use crate::model::Results;
use crate::model::SourceStampId;
use crate::model::Timestamp;
use rusqlite::OptionalExtension;

#[derive(Clone, Debug)]
pub struct NewBuildset {
    pub external_idstring: Option<String>,
    pub reason: String,
    pub rebuilt_buildid: Option<BuildId>,
    pub parent_buildid: Option<BuildId>,
    pub parent_relationship: Option<String>,
    pub sourcestamps: Vec<SourceStampId>,
}

impl Tx<'_> {
    pub fn insert_buildset(&mut self, buildset: &NewBuildset, now: Timestamp) -> Result<BuildsetId, StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached(
                "INSERT INTO buildsets (external_idstring, reason, rebuilt_buildid, parent_buildid,
                 parent_relationship, submitted_at) VALUES (?, ?, ?, ?, ?, ?)",
            )?
            .execute((
                &buildset.external_idstring,
                &buildset.reason,
                buildset.rebuilt_buildid,
                buildset.parent_buildid,
                &buildset.parent_relationship,
                now,
            ))?;
        let id = BuildsetId(connection.last_insert_rowid());
        let mut insert =
            connection.prepare_cached("INSERT OR IGNORE INTO buildset_sourcestamps (bsid, ssid) VALUES (?, ?)")?;
        for stamp in &buildset.sourcestamps {
            insert.execute((id, stamp))?;
        }
        Ok(id)
    }

    /// Tells whether it was open until now.
    pub fn complete_buildset(&mut self, id: BuildsetId, results: Results, now: Timestamp) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE buildsets SET complete_at = ?2, results = ?3 WHERE bsid = ?1 AND complete_at IS NULL",
            )?
            .execute((id, now, results))?;
        Ok(changed > 0)
    }
}

impl Reader<'_> {
    pub fn buildset(&self, id: BuildsetId) -> Result<Option<Buildset>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT bsid, external_idstring, reason, rebuilt_buildid, submitted_at, complete_at, results,
             parent_buildid, parent_relationship FROM buildsets WHERE bsid = ?",
        )?;
        let found = select
            .query_row([id], |row| {
                let complete_at: Option<Timestamp> = row.get(5)?;
                Ok(Buildset {
                    bsid: row.get(0)?,
                    external_idstring: row.get(1)?,
                    reason: row.get(2)?,
                    rebuilt_buildid: row.get(3)?,
                    submitted_at: row.get(4)?,
                    complete: complete_at.is_some(),
                    complete_at,
                    results: row.get(6)?,
                    parent_buildid: row.get(7)?,
                    parent_relationship: row.get(8)?,
                    sourcestamps: Vec::new(),
                })
            })
            .optional()?;
        let Some(mut buildset) = found else { return Ok(None) };
        buildset.sourcestamps = self.sourcestamps_of(id)?;
        Ok(Some(buildset))
    }
}
