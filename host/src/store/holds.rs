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
            Wait::Unsaid => match unsaid(self.last_hold(bucket)?, now) {
                Some(hold) => self.put_hold(bucket, hold, reason),
                None => Ok(()),
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

/// Until when a hold lasts of which nothing else is said, and the how manieth in a row it is; nothing if the last one
/// goes on: several attempts that were under way at once are told so at once.
fn unsaid(last: Option<(Millis, i64)>, now: Millis) -> Option<(Millis, i64)> {
    match last {
        Some((until, _)) if until > now => None,
        Some((until, unsaid)) if until.plus(KNOWN_AFTER) > now => {
            let longer = Wait::UNSAID_MS.saturating_mul(1 << unsaid.clamp(0, 20));
            Some((now.plus(longer.min(LONGEST)), unsaid + 1))
        }
        Some(_) | None => Some((now.plus(Wait::UNSAID_MS), 1)),
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

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn a_minute_and_twice_as_long_each_time_up_to_a_day() {
        let (mut now, mut last, mut waits) = (Millis(0), None, Vec::new());
        for _ in 0..13 {
            last = unsaid(last, now);
            let (until, _) = last.expect("the last one is over");
            waits.push((until.0 - now.0) / MINUTE);
            now = until.plus(1000);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440]);
    }

    #[test]
    fn what_is_told_at_once_counts_once_and_what_is_long_ago_not_at_all() {
        let last = Some((Millis(MINUTE), 5));
        assert_eq!(unsaid(last, Millis(MINUTE - 1)), None);
        assert_eq!(unsaid(last, Millis(MINUTE)), Some((Millis(33 * MINUTE), 6)));
        assert_eq!(unsaid(last, Millis(16 * MINUTE)), Some((Millis(17 * MINUTE), 1)));
    }
}
