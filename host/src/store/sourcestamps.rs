//! Source stamps and patches. Equal stamps without a patch are one stamp.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::BuildsetId;
use crate::model::Patch;
use crate::model::PatchId;
use crate::model::SourceStamp;
use crate::model::SourceStampId;
use crate::model::Timestamp;
use rusqlite::OptionalExtension;
use rusqlite::Row;

#[derive(Clone, Debug, Default)]
pub struct NewSourceStamp {
    pub branch: Option<String>,
    pub revision: Option<String>,
    pub repository: String,
    pub project: String,
    pub codebase: String,
    pub patch: Option<NewPatch>,
}

#[derive(Clone, Debug)]
pub struct NewPatch {
    pub level: i64,
    pub subdir: Option<String>,
    pub author: String,
    pub comment: String,
    pub body: Vec<u8>,
}

const SELECT: &str = "SELECT ssid, branch, revision, repository, project, codebase, created_at,
    patches.patchid, level, subdir, author, comment, body
    FROM sourcestamps LEFT JOIN patches USING (patchid)";

impl Tx<'_> {
    /// Finds the stamp, or makes it.
    pub fn put_sourcestamp(&mut self, stamp: &NewSourceStamp, now: Timestamp) -> Result<SourceStampId, StoreError> {
        let patch = stamp.patch.as_ref().map(|patch| self.insert_patch(patch)).transpose()?;
        let found = self
            .connection()
            .prepare_cached(
                "SELECT ssid FROM sourcestamps WHERE repository = ?1 AND project = ?2 AND codebase = ?3
                 AND ifnull(branch, char(0)) = ifnull(?4, char(0))
                 AND ifnull(revision, char(0)) = ifnull(?5, char(0)) AND ifnull(patchid, 0) = ifnull(?6, 0)",
            )?
            .query_row(
                (&stamp.repository, &stamp.project, &stamp.codebase, &stamp.branch, &stamp.revision, patch),
                |row| row.get(0),
            )
            .optional()?;
        match found {
            Some(id) => Ok(id),
            None => self.insert_sourcestamp(stamp, patch, now),
        }
    }

    fn insert_sourcestamp(
        &mut self,
        stamp: &NewSourceStamp,
        patch: Option<PatchId>,
        now: Timestamp,
    ) -> Result<SourceStampId, StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached(
                "INSERT INTO sourcestamps (repository, project, codebase, branch, revision, patchid, created_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute((
                &stamp.repository,
                &stamp.project,
                &stamp.codebase,
                &stamp.branch,
                &stamp.revision,
                patch,
                now,
            ))?;
        Ok(SourceStampId(connection.last_insert_rowid()))
    }

    fn insert_patch(&mut self, patch: &NewPatch) -> Result<PatchId, StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached(
                "INSERT INTO patches (level, subdir, author, comment, body, is_text) VALUES (?, ?, ?, ?, ?, ?)",
            )?
            .execute((
                patch.level,
                &patch.subdir,
                &patch.author,
                &patch.comment,
                &patch.body,
                std::str::from_utf8(&patch.body).is_ok(),
            ))?;
        Ok(PatchId(connection.last_insert_rowid()))
    }
}

impl Reader<'_> {
    pub fn sourcestamp(&self, id: SourceStampId) -> Result<Option<SourceStamp>, StoreError> {
        let sql = format!("{SELECT} WHERE ssid = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
    }

    /// The stamps of a buildset, by id.
    pub fn sourcestamps_of(&self, buildset: BuildsetId) -> Result<Vec<SourceStamp>, StoreError> {
        let sql = format!("{SELECT} JOIN buildset_sourcestamps USING (ssid) WHERE bsid = ? ORDER BY ssid");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map([buildset], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The bytes of a patch.
    pub fn patch_body(&self, id: PatchId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT body FROM patches WHERE patchid = ?")?;
        Ok(select.query_row([id], |row| row.get(0)).optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<SourceStamp> {
    let patch = match row.get::<_, Option<PatchId>>(7)? {
        None => None,
        Some(patchid) => Some(Patch {
            patchid,
            level: row.get(8)?,
            subdir: row.get(9)?,
            author: row.get(10)?,
            comment: row.get(11)?,
            body: String::from_utf8(row.get(12)?).ok(),
        }),
    };
    Ok(SourceStamp {
        ssid: row.get(0)?,
        branch: row.get(1)?,
        revision: row.get(2)?,
        repository: row.get(3)?,
        project: row.get(4)?,
        codebase: row.get(5)?,
        created_at: row.get(6)?,
        patch,
    })
}
