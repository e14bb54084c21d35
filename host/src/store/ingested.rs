//! What another master told of under ids of its own: which of ours each is, and the page where it is shown.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::BuildId;
use crate::model::BuildRequestId;
use crate::model::BuilderId;
use crate::model::BuildsetId;
use crate::model::ChangeId;
use crate::model::LogId;
use crate::model::MasterId;
use crate::model::StepId;
use rusqlite::OptionalExtension;
use rusqlite::ToSql;
use rusqlite::types::FromSql;

/// The ids of masters that are ingested begin here, so that they are out of the way of those that say theirs.
const FIRST: MasterId = MasterId(1_000_000);

/// An id that others count by themselves.
pub trait Ingested: FromSql + ToSql {
    const KIND: &'static str;
}

macro_rules! kinds {
    ($($id:ty = $kind:literal,)*) => {
        $(impl Ingested for $id {
            const KIND: &'static str = $kind;
        })*
    };
}

kinds! {
    BuilderId = "builder",
    BuildsetId = "buildset",
    BuildRequestId = "buildrequest",
    BuildId = "build",
    StepId = "step",
    LogId = "log",
    ChangeId = "change",
}

impl Tx<'_> {
    /// Makes a master that has not said yet that it is active, with an id that is free.
    pub fn insert_ingested_master(&mut self, name: &str) -> Result<MasterId, StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached(
                "INSERT INTO masters (masterid, name, active, last_active)
                 SELECT max(?1, ifnull(max(masterid), 0) + 1), ?2, 0, 0 FROM masters",
            )?
            .execute((FIRST, name))?;
        Ok(MasterId(connection.last_insert_rowid()))
    }

    /// Notes which of ours the master's `theirs` is, in place of what it was before, and its page.
    pub fn put_ingested<T: Ingested>(
        &mut self,
        (master, theirs): (MasterId, i64),
        ours: T,
        url: Option<&str>,
    ) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT OR REPLACE INTO ingested (masterid, kind, theirs, ours, url) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute((master, T::KIND, theirs, ours, url))?;
        Ok(())
    }
}

impl Reader<'_> {
    /// Which of ours the master's `theirs` is.
    pub fn ingested<T: Ingested>(&self, master: MasterId, theirs: i64) -> Result<Option<T>, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT ours FROM ingested WHERE masterid = ? AND kind = ? AND theirs = ?")?;
        Ok(select.query_row((master, T::KIND, theirs), |row| row.get(0)).optional()?)
    }

    /// Of which master one of ours is, and what that calls it.
    pub fn ingested_from<T: Ingested>(&self, ours: T) -> Result<Option<(MasterId, i64)>, StoreError> {
        let mut select =
            self.connection.prepare_cached("SELECT masterid, theirs FROM ingested WHERE kind = ? AND ours = ?")?;
        Ok(select.query_row((T::KIND, ours), |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// The page where it is shown, for what another master told of.
    pub fn ingested_page<T: Ingested>(&self, ours: T) -> Result<Option<String>, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT url FROM ingested WHERE kind = ? AND ours = ? AND url IS NOT NULL")?;
        Ok(select.query_row((T::KIND, ours), |row| row.get(0)).optional()?)
    }
}

/// Whether a master's builds may have pages elsewhere.
pub fn is_ingested_master(master: MasterId) -> bool {
    master >= FIRST
}
