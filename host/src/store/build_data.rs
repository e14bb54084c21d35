//! Data of builds: named bytes that an engine keeps with a build.

use super::StoreError;
use super::Tx;
use crate::model::BuildId;

impl Tx<'_> {
    /// Keeps the value, in place of one of the same name.
    pub fn put_build_data(
        &mut self,
        build: BuildId,
        (name, value): (&str, &[u8]),
        source: &str,
    ) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO build_data (buildid, name, value, source) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (buildid, name) DO UPDATE SET value = ?3, source = ?4",
            )?
            .execute((build, name, value, source))?;
        Ok(())
    }
}
