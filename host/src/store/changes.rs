//! Changes, and the walk back from a change to those before it on its line.

use super::Reader;
use super::StoreError;
use super::Tx;
use super::rows::Json;
use crate::model::Change;
use crate::model::ChangeId;
use crate::model::Properties;
use crate::model::SourceStamp;
use crate::model::SourceStampId;
use crate::model::Timestamp;
use rusqlite::OptionalExtension;
use rusqlite::Row;

#[derive(Clone, Debug)]
pub struct NewChange {
    pub author: String,
    pub committer: Option<String>,
    pub comments: String,
    pub files: Vec<String>,
    pub when_timestamp: Timestamp,
    pub branch: Option<String>,
    pub revision: Option<String>,
    pub revlink: Option<String>,
    pub category: Option<String>,
    pub repository: String,
    pub project: String,
    pub codebase: String,
    pub properties: Properties,
    pub ssid: SourceStampId,
}

impl Tx<'_> {
    /// The newest change of the same branch, repository, project and codebase becomes its parent.
    pub fn insert_change(&mut self, change: &NewChange) -> Result<ChangeId, StoreError> {
        let parent = self.newest_change_of_line(change)?;
        let connection = self.connection();
        connection
            .prepare_cached(
                "INSERT INTO changes (parent_changeid, author, committer, comments, files, when_timestamp, branch,
                 revision, revlink, category, repository, project, codebase, properties, ssid)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute((
                parent,
                &change.author,
                &change.committer,
                &change.comments,
                Json(&change.files),
                change.when_timestamp,
                &change.branch,
                &change.revision,
                &change.revlink,
                &change.category,
                &change.repository,
                &change.project,
                &change.codebase,
                Json(&change.properties),
                change.ssid,
            ))?;
        Ok(ChangeId(connection.last_insert_rowid()))
    }

    fn newest_change_of_line(&self, change: &NewChange) -> Result<Option<ChangeId>, StoreError> {
        let mut select = self.connection().prepare_cached(
            "SELECT max(changeid) FROM changes WHERE repository = ? AND project = ? AND codebase = ? AND branch IS ?",
        )?;
        let line = (&change.repository, &change.project, &change.codebase, &change.branch);
        Ok(select.query_row(line, |row| row.get(0))?)
    }
}

impl Reader<'_> {
    pub fn change(&self, id: ChangeId) -> Result<Option<Change>, StoreError> {
        let stamp = self
            .connection
            .prepare_cached("SELECT ssid FROM changes WHERE changeid = ?")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let Some(stamp) = stamp.map(|ssid| self.sourcestamp(ssid)).transpose()?.flatten() else {
            return Ok(None);
        };
        let mut select = self.connection.prepare_cached(
            "SELECT changeid, parent_changeid, author, committer, comments, files, when_timestamp, branch, revision,
             revlink, category, repository, project, codebase, properties FROM changes WHERE changeid = ?",
        )?;
        Ok(select.query_row([id], |row| read(row, stamp)).optional()?)
    }
}

fn read(row: &Row<'_>, sourcestamp: SourceStamp) -> rusqlite::Result<Change> {
    Ok(Change {
        changeid: row.get(0)?,
        parent_changeids: row.get::<_, Option<ChangeId>>(1)?.into_iter().collect(),
        author: row.get(2)?,
        committer: row.get(3)?,
        comments: row.get(4)?,
        files: row.get::<_, Json<_>>(5)?.0,
        when_timestamp: row.get(6)?,
        branch: row.get(7)?,
        revision: row.get(8)?,
        revlink: row.get(9)?,
        category: row.get(10)?,
        repository: row.get(11)?,
        project: row.get(12)?,
        codebase: row.get(13)?,
        properties: row.get::<_, Json<_>>(14)?.0,
        sourcestamp,
    })
}
