//! Properties of builds and buildsets.

use super::Reader;
use super::StoreError;
use super::Tx;
use super::rows::Json;
use crate::model::BuildId;
use crate::model::BuildsetId;
use crate::model::Properties;
use rusqlite::OptionalExtension;
use rusqlite::Row;
use serde_json::Value;

impl Tx<'_> {
    /// Tells whether it was not so before.
    pub fn put_build_property(
        &mut self,
        build: BuildId,
        name: &str,
        (value, source): &(Value, String),
    ) -> Result<bool, StoreError> {
        let changed = self
            .connection()
            .prepare_cached(
                "INSERT INTO build_properties (buildid, name, value, source) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (buildid, name) DO UPDATE SET value = ?3, source = ?4
                 WHERE value <> ?3 OR source <> ?4",
            )?
            .execute((build, name, Json(value), source))?;
        Ok(changed > 0)
    }

    pub fn insert_buildset_properties(
        &mut self,
        buildset: BuildsetId,
        properties: &Properties,
    ) -> Result<(), StoreError> {
        let mut insert = self
            .connection()
            .prepare_cached("INSERT INTO buildset_properties (bsid, name, value, source) VALUES (?, ?, ?, ?)")?;
        for (name, (value, source)) in properties {
            insert.execute((buildset, name, Json(value), source))?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    pub fn build_properties(&self, build: BuildId) -> Result<Properties, StoreError> {
        let mut select =
            self.connection.prepare_cached("SELECT name, value, source FROM build_properties WHERE buildid = ?")?;
        let rows = select.query_map([build], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn buildset_properties(&self, buildset: BuildsetId) -> Result<Properties, StoreError> {
        let mut select =
            self.connection.prepare_cached("SELECT name, value, source FROM buildset_properties WHERE bsid = ?")?;
        let rows = select.query_map([buildset], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Reader<'_> {
    /// The bytes of what was noted of a build.
    pub fn build_data_value(&self, build: BuildId, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut select =
            self.connection.prepare_cached("SELECT value FROM build_data WHERE buildid = ? AND name = ?")?;
        Ok(select.query_row((build, name), |row| row.get(0)).optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<(String, (Value, String))> {
    Ok((row.get(0)?, (row.get::<_, Json<_>>(1)?.0, row.get(2)?)))
}
