//! The newest events in memory, so that those who keep up read no SQL.
//!
//! Invariant: what stands here is committed, without a gap, up to the newest.

use crate::model::Event;
use crate::model::Seq;
use std::collections::VecDeque;
use std::sync::PoisonError;
use std::sync::RwLock;

/// Events kept.
const EVENTS: usize = 4096;

pub(super) struct Tail {
    kept: RwLock<Kept>,
}

struct Kept {
    /// The position before the first that is kept.
    before: Seq,
    events: VecDeque<Event>,
}

impl Tail {
    pub(super) fn new(last: Seq) -> Self {
        Self { kept: RwLock::new(Kept { before: last, events: VecDeque::with_capacity(EVENTS) }) }
    }

    pub(super) fn push(&self, events: Vec<Event>) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.events.extend(events);
        while kept.events.len() > EVENTS {
            if let Some(oldest) = kept.events.pop_front() {
                kept.before = oldest.seq;
            }
        }
    }

    /// The events after `after`, if all of them are here.
    pub(super) fn after(&self, after: Seq, most: usize) -> Option<Vec<Event>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let skip = usize::try_from(after.0 - kept.before.0).ok()?;
        Some(kept.events.iter().skip(skip).take(most).cloned().collect())
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

    #[test]
    fn what_left_the_memory_is_left_to_the_log() {
        let tail = Tail::new(Seq(10));
        assert_eq!(tail.after(Seq(10), 5).map(|e| e.len()), Some(0));
        assert!(tail.after(Seq(9), 5).is_none());
        tail.push((11..=5_000).map(event).collect());
        assert!(tail.after(Seq(10), 5).is_none());
        let seqs = |after| tail.after(Seq(after), 2).map(|e| e.iter().map(|e| e.seq.0).collect::<Vec<_>>());
        assert_eq!(seqs(4_990), Some(vec![4_991, 4_992]));
        assert_eq!(seqs(4_999), Some(vec![5_000]));
        assert_eq!(seqs(5_000), Some(vec![]));
    }
}
