//! The newest events in memory, so that those who keep up read no SQL.
//!
//! Invariant: what stands here is committed, without a gap, up to the newest.

use crate::model::Event;
use crate::model::Page;
use crate::model::Seq;
use std::collections::VecDeque;
use std::sync::PoisonError;
use std::sync::RwLock;

/// Events kept, and the bytes of them.
const EVENTS: usize = 4096;
const BYTES: usize = 16 * 1024 * 1024;

pub(super) struct Tail {
    kept: RwLock<Kept>,
}

struct Kept {
    /// The position before the first that is kept.
    before: Seq,
    bytes: usize,
    events: VecDeque<Event>,
}

impl Tail {
    pub(super) fn new(last: Seq) -> Self {
        Self { kept: RwLock::new(Kept { before: last, bytes: 0, events: VecDeque::with_capacity(EVENTS) }) }
    }

    pub(super) fn push(&self, events: Vec<Event>) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += events.iter().map(Event::bytes).sum::<usize>();
        kept.events.extend(events);
        while kept.events.len() > EVENTS || kept.bytes > BYTES {
            let Some(oldest) = kept.events.pop_front() else { return };
            (kept.before, kept.bytes) = (oldest.seq, kept.bytes - oldest.bytes());
        }
    }

    /// A page of the events after `after`, if all of them are here.
    pub(super) fn after(&self, after: Seq, page: Page) -> Option<Vec<Event>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let skip = usize::try_from(after.0 - kept.before.0).ok()?;
        let mut fits = page.fill();
        Some(kept.events.iter().skip(skip).take_while(|event| fits(event)).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use std::sync::Arc;

    fn event(seq: i64) -> Event {
        Event { seq: Seq(seq), at: Timestamp(0), topics: Arc::from(vec!["a".to_owned()]), body: Arc::from("{}") }
    }

    const PAGE: Page = Page { events: 2, bytes: 100 };

    #[test]
    fn the_memory_is_bounded_by_bytes() {
        let tail = Tail::new(Seq(0));
        let large = |seq| Event { body: Arc::from("x".repeat(BYTES / 4)), ..event(seq) };
        tail.push((1..=6).map(large).collect());
        assert!(tail.after(Seq(2), PAGE).is_none());
        assert_eq!(tail.after(Seq(3), PAGE).map(|page| page.len()), Some(1), "and so is a page");
        tail.push(vec![Event { body: Arc::from("x".repeat(BYTES + 1)), ..event(7) }]);
        assert!(tail.after(Seq(6), PAGE).is_none());
        assert_eq!(tail.after(Seq(7), PAGE).map(|page| page.len()), Some(0));
    }

    #[test]
    fn what_left_the_memory_is_left_to_the_log() {
        let tail = Tail::new(Seq(10));
        assert_eq!(tail.after(Seq(10), PAGE).map(|e| e.len()), Some(0));
        assert!(tail.after(Seq(9), PAGE).is_none());
        tail.push((11..=5_000).map(event).collect());
        assert!(tail.after(Seq(10), PAGE).is_none());
        let seqs = |after| tail.after(Seq(after), PAGE).map(|e| e.iter().map(|e| e.seq.0).collect::<Vec<_>>());
        assert_eq!(seqs(4_990), Some(vec![4_991, 4_992]));
        assert_eq!(seqs(4_999), Some(vec![5_000]));
        assert_eq!(seqs(5_000), Some(vec![]));
    }
}
