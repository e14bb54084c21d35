//! How fast we may talk on a chat connection: some lines at once, then one each so many milliseconds.

use crate::model::IrcFlood;
use std::time::Duration;
use tokio::time::Instant;

/// A bucket of lines that fills up with time. It may go into debt: what keeps the connection up does not wait.
#[derive(Clone, Debug)]
pub(super) struct Flood {
    burst: u32,
    interval: Duration,
    /// When it is full again.
    full_at: Instant,
    /// Whether lines wait for it now.
    pub(super) is_waited_for: bool,
}

impl Flood {
    pub(super) fn new(flood: IrcFlood, now: Instant) -> Self {
        let interval = Duration::from_millis(u64::from(flood.interval_ms));
        Self { burst: flood.burst.max(1), interval, full_at: now, is_waited_for: false }
    }

    pub(super) fn is_limited(&self) -> bool {
        !self.interval.is_zero()
    }

    /// One line goes.
    pub(super) fn take(&mut self, now: Instant) {
        self.full_at = self.full_at.max(now) + self.interval;
    }

    /// How many lines may go now, and otherwise when the next may.
    pub(super) fn room(&self, now: Instant) -> Result<u32, Instant> {
        if !self.is_limited() {
            return Ok(u32::MAX);
        }
        let missing = self.full_at.saturating_duration_since(now);
        let taken = missing.as_nanos().div_ceil(self.interval.as_nanos());
        let room = u128::from(self.burst).saturating_sub(taken);
        match u32::try_from(room).unwrap_or(u32::MAX) {
            0 => Err(self.full_at - self.interval * (self.burst - 1)),
            room => Ok(room),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_at_once_and_then_one_each_two_seconds() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut flood = Flood::new(IrcFlood { burst: 4, interval_ms: 2000 }, start);
        for left in [4, 3, 2, 1] {
            assert_eq!(flood.room(start), Ok(left));
            flood.take(start);
        }
        assert_eq!(flood.room(start), Err(at(2000)));
        assert_eq!(flood.room(at(2000)), Ok(1));
        flood.take(at(2000));
        assert_eq!(flood.room(at(2001)), Err(at(4000)));
        assert_eq!(flood.room(at(60_000)), Ok(4));
        // Into debt.
        (0..6).for_each(|_| flood.take(at(60_000)));
        assert_eq!(flood.room(at(60_000)), Err(at(66_000)));
    }

    #[test]
    fn without_an_interval_there_is_no_limit() {
        let start = Instant::now();
        let mut flood = Flood::new(IrcFlood { burst: 1, interval_ms: 0 }, start);
        (0..1000).for_each(|_| flood.take(start));
        assert_eq!(flood.room(start), Ok(u32::MAX));
    }
}
