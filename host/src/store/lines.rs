//! Lines: the sets of (repository, branch, codebase) along which builds of a builder and changes follow each other.
//!
//! Invariant: each build has its line from the moment it is made, so that the last green one before it on its builder
//! is one step in an index, however many builds there are.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::BuildId;
use crate::model::BuildRequestId;
use crate::model::ChangeId;
use crate::model::SourceStampId;
use rusqlite::OptionalExtension;

/// The set of a request's stamps, as the text by which a line is known.
const STAMPS: &str = "SELECT ifnull(json_group_array(stamp ORDER BY stamp), '[]') FROM (
    SELECT DISTINCT json_array(repository, branch, codebase) AS stamp FROM buildrequests
    CROSS JOIN buildset_sourcestamps USING (bsid) CROSS JOIN sourcestamps USING (ssid) WHERE buildrequestid = ?)";

impl Tx<'_> {
    /// The line of a request's stamps.
    pub fn put_line(&mut self, request: BuildRequestId) -> Result<i64, StoreError> {
        let connection = self.connection();
        let stamps: String = connection.prepare_cached(STAMPS)?.query_row([request], |row| row.get(0))?;
        let found = connection
            .prepare_cached("SELECT lineid FROM lines WHERE stamps = ?")?
            .query_row([&stamps], |row| row.get(0))
            .optional()?;
        if let Some(line) = found {
            return Ok(line);
        }
        connection.prepare_cached("INSERT INTO lines (stamps) VALUES (?)")?.execute([&stamps])?;
        Ok(connection.last_insert_rowid())
    }
}

impl Reader<'_> {
    /// The last successful build of the same line before this one on its builder.
    pub fn last_green_before(&self, build: BuildId) -> Result<Option<BuildId>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT green.buildid FROM builds AS this CROSS JOIN builds AS green
               ON green.builderid = this.builderid AND green.lineid = this.lineid AND green.number < this.number
             WHERE this.buildid = ? AND green.results = 0 ORDER BY green.number DESC LIMIT 1",
        )?;
        Ok(select.query_row([build], |row| row.get(0)).optional()?)
    }

    /// The stamps of a build, by id, each with its codebase and the newest change that came with it.
    pub fn newest_changes_of(
        &self,
        build: BuildId,
    ) -> Result<Vec<(SourceStampId, String, Option<ChangeId>)>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT ssid, codebase, (SELECT max(changeid) FROM changes WHERE changes.ssid = sourcestamps.ssid)
             FROM builds CROSS JOIN buildrequests USING (buildrequestid) CROSS JOIN buildset_sourcestamps USING (bsid)
             CROSS JOIN sourcestamps USING (ssid) WHERE buildid = ? ORDER BY ssid",
        )?;
        let rows = select.query_map([build], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// From a change back through its parents until `until`, which is left out; at most `most`, the newest first.
    pub fn changes_back_from(
        &self,
        from: ChangeId,
        until: Option<ChangeId>,
        most: usize,
    ) -> Result<Vec<ChangeId>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "WITH RECURSIVE back (id) AS (
               SELECT ?1 WHERE ?1 IS NOT ?2
               UNION ALL
               SELECT parent_changeid FROM back CROSS JOIN changes ON changeid = id
               WHERE parent_changeid IS NOT NULL AND parent_changeid IS NOT ?2
               LIMIT ?3)
             SELECT id FROM back",
        )?;
        let rows = select.query_map((from, until, most), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
