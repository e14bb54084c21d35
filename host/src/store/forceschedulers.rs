//! Force schedulers: forms that a master's configuration has. They come and go with it.

use super::Reader;
use super::StoreError;
use super::Tx;
use super::rows::Json;
use crate::model::ForceScheduler;
use crate::model::MasterId;
use rusqlite::OptionalExtension;

impl Tx<'_> {
    /// Replaces all force schedulers of the master. A name that another master had is this one's now.
    pub fn replace_forceschedulers(&mut self, master: MasterId, forms: &[ForceScheduler]) -> Result<(), StoreError> {
        let connection = self.connection();
        connection.prepare_cached("DELETE FROM forceschedulers WHERE masterid = ?")?.execute([master])?;
        let mut insert = connection.prepare_cached(
            "INSERT OR REPLACE INTO forceschedulers
             (name, masterid, button_name, label, builder_names, enabled, all_fields) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        for form in forms {
            insert.execute((
                &form.name,
                master,
                &form.button_name,
                &form.label,
                Json(&form.builder_names),
                form.enabled,
                Json(&form.all_fields),
            ))?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    pub fn forcescheduler(&self, name: &str) -> Result<Option<ForceScheduler>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT name, button_name, label, builder_names, enabled, all_fields FROM forceschedulers WHERE name = ?",
        )?;
        let found = select.query_row([name], |row| {
            Ok(ForceScheduler {
                name: row.get(0)?,
                button_name: row.get(1)?,
                label: row.get(2)?,
                builder_names: row.get::<_, Json<_>>(3)?.0,
                enabled: row.get(4)?,
                all_fields: row.get::<_, Json<_>>(5)?.0,
            })
        });
        Ok(found.optional()?)
    }
}
