//! Users: who made changes, known by what version control calls them.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::ChangeId;
use crate::model::UserId;
use rusqlite::OptionalExtension;

/// What is known of a user: `git` and the author's name, as git writes it.
#[derive(Clone, Copy, Debug)]
pub struct UserAttribute<'a> {
    pub attr_type: &'a str,
    pub attr_data: &'a str,
}

impl Tx<'_> {
    /// Identifier and attribute must be free.
    pub fn insert_user(&mut self, identifier: &str, attribute: UserAttribute<'_>) -> Result<UserId, StoreError> {
        let connection = self.connection();
        connection.prepare_cached("INSERT INTO users (identifier) VALUES (?)")?.execute([identifier])?;
        let id = UserId(connection.last_insert_rowid());
        connection.prepare_cached("INSERT INTO users_info (uid, attr_type, attr_data) VALUES (?, ?, ?)")?.execute((
            id,
            attribute.attr_type,
            attribute.attr_data,
        ))?;
        Ok(id)
    }

    pub fn link_change_user(&mut self, change: ChangeId, user: UserId) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("INSERT OR IGNORE INTO change_users (changeid, uid) VALUES (?, ?)")?
            .execute((change, user))?;
        Ok(())
    }
}

impl Reader<'_> {
    pub fn user_by_attribute(&self, attribute: UserAttribute<'_>) -> Result<Option<UserId>, StoreError> {
        let mut select =
            self.connection.prepare_cached("SELECT uid FROM users_info WHERE attr_type = ? AND attr_data = ?")?;
        Ok(select.query_row((attribute.attr_type, attribute.attr_data), |row| row.get(0)).optional()?)
    }

    pub fn has_user(&self, identifier: &str) -> Result<bool, StoreError> {
        Ok(self.connection.prepare_cached("SELECT 1 FROM users WHERE identifier = ?")?.exists([identifier])?)
    }
}
