//! Buckets (a destination with a credential) that asked to be left alone for a while: nothing is claimed for them until then.
//!
//! Who does not say for how long is left alone for a minute, and twice as long each time that it says so again soon
//! after; for that a hold is known for a while after its end.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::Millis;
use crate::model::Wait;
use rusqlite::OptionalExtension;

/// The longest hold, in milliseconds.
const LONGEST: i64 = 24 * 60 * 60 * 1000;

/// For how long after its end a hold is known, in milliseconds: another one by then is the next in a row.
const KNOWN_AFTER: i64 = 15 * 60 * 1000;

impl Tx<'_> {
    /// A longer hold stays.
    pub fn hold(&mut self, bucket: &str, (wait, now): (Wait, Millis), reason: &str) -> Result<(), StoreError> {
        match wait {
            Wait::Until(until) => self.put_hold(bucket, (until, 0), reason),
            Wait::Unsaid => match self.last_hold(bucket)? {
                // Several attempts that were under way at once are told so at once.
                Some((until, _)) if until > now => Ok(()),
                Some((until, unsaid)) if until.plus(KNOWN_AFTER) > now => {
                    let longer = Wait::UNSAID_MS.saturating_mul(1 << unsaid.clamp(0, 20));
                    self.put_hold(bucket, (now.plus(longer.min(LONGEST)), unsaid + 1), reason)
                }
                Some(_) | None => self.put_hold(bucket, (now.plus(Wait::UNSAID_MS), 1), reason),
            },
        }
    }

    fn put_hold(&mut self, bucket: &str, (until, unsaid): (Millis, i64), reason: &str) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO holds (bucket, until, unsaid, reason) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (bucket) DO UPDATE SET until = ?2, unsaid = ?3, reason = ?4 WHERE until < ?2",
            )?
            .execute((bucket, until, unsaid, reason))?;
        Ok(())
    }

    fn last_hold(&self, bucket: &str) -> Result<Option<(Millis, i64)>, StoreError> {
        let mut select = self.connection().prepare_cached("SELECT until, unsaid FROM holds WHERE bucket = ?")?;
        Ok(select.query_row([bucket], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// Forgets the holds that are over, and known for long enough.
    pub fn release_holds(&mut self, now: Millis) -> Result<(), StoreError> {
        let over = now.plus(-KNOWN_AFTER);
        self.connection().prepare_cached("DELETE FROM holds WHERE until <= ?")?.execute([over])?;
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
