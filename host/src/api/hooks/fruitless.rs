//! Requests that gave no change, of late: one that comes again is answered without asking anybody.
//!
//! In memory, because nothing is lost with it: after a restart the plugin is asked again, and says the same. Those that gave
//! changes are in the database (`data::updates::idempotency`).

use crate::data::updates::idempotency::KEPT_SECONDS;
use crate::model::Timestamp;
use std::collections::HashSet;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// So many of a dialect are remembered, the newest. Each takes about 200 bytes.
const MOST: usize = 4096;

/// The requests of one dialect.
#[derive(Default)]
pub(super) struct Fruitless(Mutex<Known>);

#[derive(Default)]
struct Known {
    ids: HashSet<String>,
    /// The same, the oldest first.
    since: VecDeque<(Timestamp, String)>,
}

impl Fruitless {
    pub(super) fn remember(&self, id: &str, now: Timestamp) {
        let mut known = self.at(now);
        if !known.ids.insert(id.to_owned()) {
            return;
        }
        known.since.push_back((now, id.to_owned()));
        if known.since.len() > MOST {
            known.forget_oldest();
        }
    }

    pub(super) fn knows(&self, id: &str, now: Timestamp) -> bool {
        self.at(now).ids.contains(id)
    }

    fn at(&self, now: Timestamp) -> MutexGuard<'_, Known> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = now.0.saturating_sub(KEPT_SECONDS);
        while known.since.front().is_some_and(|(since, _)| since.0 < until) {
            known.forget_oldest();
        }
        known
    }
}

impl Known {
    fn forget_oldest(&mut self) {
        if let Some((_, id)) = self.since.pop_front() {
            self.ids.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_for_a_day_and_the_oldest_make_room() {
        let fruitless = Fruitless::default();
        fruitless.remember("a", Timestamp(0));
        assert!(fruitless.knows("a", Timestamp(KEPT_SECONDS)));
        assert!(!fruitless.knows("a", Timestamp(KEPT_SECONDS + 1)) && !fruitless.knows("b", Timestamp(0)));
        (0..=MOST).for_each(|id| fruitless.remember(&id.to_string(), Timestamp(KEPT_SECONDS)));
        assert!(!fruitless.knows("0", Timestamp(KEPT_SECONDS)));
        assert!(fruitless.knows("1", Timestamp(KEPT_SECONDS)) && fruitless.knows("4096", Timestamp(KEPT_SECONDS)));
        let known = fruitless.0.lock().unwrap();
        assert_eq!((known.ids.len(), known.since.len()), (MOST, MOST));
    }
}
