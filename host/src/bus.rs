//! The bus: the durable log and a doorbell.
//!
//! Nothing is delivered here that is not in the log; who lags reads on from where it stopped. Publishing is writing:
//! an update's event is written in the transaction that writes its rows.
//!
//! Two kinds of readers: a reporter's [`Subscription`] (few, each event once), and a client's [`Listener`] (many, each
//! topic that it asked for; they share a [`Tail`]).

mod listener;
mod paths;
mod progress;
mod tail;

pub use listener::Consumption;
pub use listener::Hit;
pub use listener::ListenError;
pub use listener::Listener;
pub use paths::Consumed;
pub use paths::MOST_PATHS;
pub use paths::PathError;
pub use progress::Progress;
pub use progress::ReporterProgress;
pub use tail::Tail;

use crate::model::Event;
use crate::model::Page;
use crate::model::Pattern;
use crate::model::Seq;
use crate::store::Store;
use crate::store::StoreError;
use tokio::sync::watch;

/// Read at once.
const PAGE: Page = Page { events: 256, bytes: 1024 * 1024 };

/// A reader of the log: from a position on, what matches.
pub struct Subscription {
    store: Store,
    patterns: Vec<Pattern>,
    at: Seq,
    bell: watch::Receiver<Seq>,
}

/// An event, the first of its topics that was asked for, and the indices of all patterns that asked.
#[derive(Clone, Debug)]
pub struct Matched {
    pub event: Event,
    pub topic: String,
    pub patterns: Vec<usize>,
}

/// Reads the log after `after`.
pub fn subscribe(store: &Store, patterns: Vec<Pattern>, after: Seq) -> Subscription {
    Subscription { store: store.clone(), patterns, at: after, bell: store.committed() }
}

impl Subscription {
    /// How far it has read.
    pub fn position(&self) -> Seq {
        self.at
    }

    /// Reads again from there, after a call that did not work out.
    pub fn seek(&mut self, to: Seq) {
        self.at = to;
    }

    /// What matches in the next stretch of the log; empty when that holds nothing of interest. `None`: the end.
    pub async fn next_page(&mut self) -> Result<Option<Vec<Matched>>, StoreError> {
        self.bell.mark_unchanged();
        let events = self.store.events_after(self.at, PAGE).await?;
        let Some(last) = events.last() else { return Ok(None) };
        self.at = last.seq;
        Ok(Some(events.into_iter().filter_map(|event| matched(&self.patterns, event)).collect()))
    }

    /// Returns when there may be more. Cancel-safe.
    pub async fn rung(&mut self) {
        // The writer is gone when the bell is: then there is nothing to wait for, and the owner is being stopped.
        if self.bell.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The event, if one of the patterns asks for it.
pub fn matched(patterns: &[Pattern], event: Event) -> Option<Matched> {
    let mut topic = None;
    let mut asked = Vec::new();
    for (index, pattern) in patterns.iter().enumerate() {
        if let Some(found) = event.topics.iter().find(|topic| pattern.matches(topic)) {
            topic.get_or_insert_with(|| found.clone());
            asked.push(index);
        }
    }
    topic.map(|topic| Matched { event, topic, patterns: asked })
}
