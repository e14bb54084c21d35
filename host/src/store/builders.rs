//! Builders and the masters that configure them.

use super::Reader;
use super::StoreError;
use super::Tx;
use super::rows::Json;
use crate::model::Builder;
use crate::model::BuilderId;
use crate::model::MasterId;
use crate::model::ProjectId;
use rusqlite::OptionalExtension;
use rusqlite::Row;

/// What `updateBuilderInfo` sets.
#[derive(Clone, Debug)]
pub struct BuilderInfo {
    pub description: Option<String>,
    pub description_format: Option<String>,
    pub description_html: Option<String>,
    pub projectid: Option<ProjectId>,
    pub tags: Vec<String>,
}

const COLUMNS: &str = "builderid, name, description, description_format, description_html, projectid, tags";

impl Tx<'_> {
    pub fn insert_builder(&mut self, name: &str) -> Result<BuilderId, StoreError> {
        let connection = self.connection();
        connection.prepare_cached("INSERT INTO builders (name) VALUES (?)")?.execute([name])?;
        Ok(BuilderId(connection.last_insert_rowid()))
    }

    /// Tells whether there is such a builder.
    pub fn set_builder_info(&mut self, id: BuilderId, info: &BuilderInfo) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE builders SET description = ?2, description_format = ?3, description_html = ?4,
                 projectid = ?5, tags = ?6 WHERE builderid = ?1",
            )?
            .execute((
                id,
                &info.description,
                &info.description_format,
                &info.description_html,
                info.projectid,
                Json(&info.tags),
            ))?;
        Ok(changed > 0)
    }

    /// Notes that a master builds it, which need not have configured it.
    pub fn add_builder_master(&mut self, builder: BuilderId, master: MasterId) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("INSERT OR IGNORE INTO builder_masters (builderid, masterid) VALUES (?, ?)")?
            .execute((builder, master))?;
        Ok(())
    }

    /// Notes that a master has configured it.
    pub fn configure_builder(&mut self, builder: BuilderId, master: MasterId) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO builder_masters (builderid, masterid, configured) VALUES (?, ?, 1)
                 ON CONFLICT DO UPDATE SET configured = 1",
            )?
            .execute((builder, master))?;
        Ok(())
    }

    /// Of a master that builds what it has not configured.
    pub fn remove_unconfigured(&mut self, master: MasterId) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("DELETE FROM builder_masters WHERE masterid = ? AND NOT configured")?
            .execute([master])?;
        Ok(())
    }

    pub fn remove_builder_master(&mut self, builder: BuilderId, master: MasterId) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("DELETE FROM builder_masters WHERE builderid = ? AND masterid = ?")?
            .execute((builder, master))?;
        Ok(())
    }
}

impl Reader<'_> {
    pub fn builder(&self, id: BuilderId) -> Result<Option<Builder>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM builders WHERE builderid = ?");
        let found = self.connection.prepare_cached(&sql)?.query_row([id], read).optional()?;
        found.map(|builder| self.with_masters(builder)).transpose()
    }

    pub fn builder_id(&self, name: &str) -> Result<Option<BuilderId>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT builderid FROM builders WHERE name = ?")?;
        Ok(select.query_row([name], |row| row.get(0)).optional()?)
    }

    /// All builders, by id.
    pub fn builders(&self) -> Result<Vec<Builder>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM builders ORDER BY builderid");
        let found = self.connection.prepare_cached(&sql)?.query_map([], read)?.collect::<Result<Vec<_>, _>>()?;
        found.into_iter().map(|builder| self.with_masters(builder)).collect()
    }

    /// Those that it has configured, by id.
    pub fn builders_of_master(&self, master: MasterId) -> Result<Vec<(BuilderId, String)>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT builderid, name FROM builder_masters JOIN builders USING (builderid)
             WHERE masterid = ? AND configured ORDER BY builderid",
        )?;
        let rows = select.query_map([master], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn with_masters(&self, mut builder: Builder) -> Result<Builder, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT masterid FROM builder_masters WHERE builderid = ? ORDER BY masterid")?;
        builder.masterids =
            select.query_map([builder.builderid], |row| row.get(0))?.collect::<Result<_, rusqlite::Error>>()?;
        Ok(builder)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Builder> {
    Ok(Builder {
        builderid: row.get(0)?,
        name: row.get(1)?,
        masterids: Vec::new(),
        description: row.get(2)?,
        description_format: row.get(3)?,
        description_html: row.get(4)?,
        projectid: row.get(5)?,
        tags: row.get::<_, Json<_>>(6)?.0,
    })
}
