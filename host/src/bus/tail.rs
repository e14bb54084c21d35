//! The newest events, made ready once for all who read along.
//!
//! A thousand listeners want the same event at the same time: who comes first takes it from the store and leaves it
//! here, the others find it. Who is further behind reads the log by itself.
//!
//! Invariant: what is kept has no gap.

use crate::model::Event;
use crate::model::Page;
use crate::model::Seq;
use crate::store::Store;
use crate::store::StoreError;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use tokio::sync::Semaphore;
use tokio::sync::watch;

/// Events kept, and the bytes of them.
const EVENTS: usize = 1024;
const BYTES: usize = 16 * 1024 * 1024;

/// Reads of the log at the same time. Those who are far behind leave the other readers of the store to other questions.
const READS: usize = 2;

/// Events as `T`, which `make` makes of each once.
pub struct Tail<T> {
    store: Store,
    make: fn(Event) -> T,
    kept: Mutex<Kept<T>>,
    reads: Semaphore,
}

struct Kept<T> {
    /// The position before the first that is kept.
    before: Seq,
    bytes: usize,
    events: VecDeque<Arc<T>>,
}

impl<T: AsRef<Event>> Tail<T> {
    pub fn new(store: &Store, make: fn(Event) -> T) -> Self {
        let kept = Kept { before: Seq(0), bytes: 0, events: VecDeque::new() };
        Self { store: store.clone(), make, kept: Mutex::new(kept), reads: Semaphore::new(READS) }
    }

    /// The position of the newest event; rings when there is a newer one.
    pub fn committed(&self) -> watch::Receiver<Seq> {
        self.store.committed()
    }

    /// The newest position.
    pub fn newest(&self) -> Seq {
        *self.store.committed().borrow()
    }

    /// A page of the events after `after`, in order.
    pub(super) async fn after(&self, after: Seq, page: Page) -> Result<Vec<Arc<T>>, StoreError> {
        if let Some(kept) = self.kept().after(after, page) {
            return Ok(kept);
        }
        let _turn = self.reads.acquire().await.map_err(|_| StoreError::Closed)?;
        // Whoever had the turn before may have read just this.
        if let Some(kept) = self.kept().after(after, page) {
            return Ok(kept);
        }
        let events = self.store.events_after(after, page).await?;
        let made: Vec<_> = events.into_iter().map(|event| Arc::new((self.make)(event))).collect();
        let mut kept = self.kept();
        kept.keep(after, &made);
        // Somebody else may have read it too: then all share what the first one made.
        Ok(kept.after(after, page).unwrap_or(made))
    }

    fn kept(&self) -> MutexGuard<'_, Kept<T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: AsRef<Event>> Kept<T> {
    fn last(&self) -> Seq {
        self.events.back().map_or(self.before, |last| last.as_ref().as_ref().seq)
    }

    /// A page of those after `after` that are here; nothing when there are none, or not all of them.
    fn after(&self, after: Seq, page: Page) -> Option<Vec<Arc<T>>> {
        let skip = usize::try_from(after.0 - self.before.0).ok()?;
        let mut fits = page.fill();
        let behind = self.events.range(skip.min(self.events.len())..);
        let found: Vec<_> = behind.take_while(|event| fits(event.as_ref().as_ref())).cloned().collect();
        (!found.is_empty()).then_some(found)
    }

    /// Keeps what was read after `after`, when it goes on from here or begins further on.
    fn keep(&mut self, after: Seq, made: &[Arc<T>]) {
        if after > self.last() {
            (self.before, self.bytes) = (after, 0);
            self.events.clear();
        }
        for event in made {
            let found: &Event = event.as_ref().as_ref();
            if found.seq.0 == self.last().0 + 1 {
                self.bytes += found.bytes();
                self.events.push_back(Arc::clone(event));
            }
        }
        while self.events.len() > EVENTS || self.bytes > BYTES {
            let Some(oldest) = self.events.pop_front() else { return };
            let oldest: &Event = oldest.as_ref().as_ref();
            (self.before, self.bytes) = (oldest.seq, self.bytes - oldest.bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    struct Made(Event);

    impl AsRef<Event> for Made {
        fn as_ref(&self) -> &Event {
            &self.0
        }
    }

    fn made(seqs: std::ops::RangeInclusive<i64>) -> Vec<Arc<Made>> {
        let topics: Arc<[String]> = Arc::from(vec!["a".to_owned()]);
        let event = |seq| Event { seq: Seq(seq), at: Timestamp(0), topics: Arc::clone(&topics), body: Arc::from("{}") };
        seqs.map(|seq| Arc::new(Made(event(seq)))).collect()
    }

    fn after(kept: &Kept<Made>, at: i64) -> Option<Vec<i64>> {
        Some(kept.after(Seq(at), Page { events: 3, bytes: 100 })?.iter().map(|event| event.0.seq.0).collect())
    }

    #[test]
    fn what_is_kept_goes_on_without_a_gap() {
        let mut kept = Kept { before: Seq(0), bytes: 0, events: VecDeque::new() };
        kept.keep(Seq(10), &made(11..=12));
        assert_eq!((after(&kept, 10), after(&kept, 9), after(&kept, 12)), (Some(vec![11, 12]), None, None));
        // Read at the same time by somebody else, and by one who is far behind.
        kept.keep(Seq(10), &made(11..=14));
        kept.keep(Seq(3), &made(4..=6));
        assert_eq!((after(&kept, 11), after(&kept, 4)), (Some(vec![12, 13, 14]), None));
        // Nobody listened for a while.
        kept.keep(Seq(20), &made(21..=21));
        assert_eq!((after(&kept, 20), after(&kept, 13)), (Some(vec![21]), None));
        kept.keep(Seq(21), &made(22..=5_000));
        assert_eq!((after(&kept, 21), after(&kept, 4_998)), (None, Some(vec![4_999, 5_000])));
        assert_eq!((kept.events.len(), kept.bytes), (EVENTS, EVENTS * "a{}".len()));
    }
}
