//! Buckets (a bucket with a credential) that asked to be left alone for a while: nothing is claimed for them until then.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::Millis;
use rusqlite::OptionalExtension;

impl Tx<'_> {
    /// A longer hold stays.
    pub fn hold(&mut self, bucket: &str, until: Millis, reason: &str) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO holds (bucket, until, reason) VALUES (?1, ?2, ?3)
                 ON CONFLICT (bucket) DO UPDATE SET until = ?2, reason = ?3 WHERE until < ?2",
            )?
            .execute((bucket, until, reason))?;
        Ok(())
    }

    /// Forgets the holds that are over.
    pub fn release_holds(&mut self, now: Millis) -> Result<(), StoreError> {
        self.connection().prepare_cached("DELETE FROM holds WHERE until <= ?")?.execute([now])?;
        Ok(())
    }
}

impl Reader<'_> {
    /// Whether it is to be left alone at that moment.
    pub fn is_held(&self, bucket: &str, now: Millis) -> Result<bool, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT 1 FROM holds WHERE bucket = ? AND until > ?")?;
        Ok(select.exists((bucket, now))?)
    }

    /// When the next hold ends.
    pub fn next_release(&self, now: Millis) -> Result<Option<Millis>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT min(until) FROM holds WHERE until > ?")?;
        Ok(select.query_row([now], |row| row.get::<_, Option<Millis>>(0)).optional()?.flatten())
    }
}
