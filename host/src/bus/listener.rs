//! A listener: reads the log for one connection, which holds a position and nothing else.
//!
//! Its paths can be changed by others while it reads; a page that was read for an older position is then dropped and
//! read again.

use super::paths::Consumed;
use super::paths::PathError;
use super::paths::Paths;
use super::tail::Tail;
use crate::model::Event;
use crate::model::Page;
use crate::model::Pattern;
use crate::model::Seq;
use crate::store::StoreError;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use thiserror::Error;
use tokio::sync::Notify;
use tokio::sync::watch;

/// Read at once, and held for who does not take it.
const PAGE: Page = Page { events: 128, bytes: 64 * 1024 };

/// Why a listener cannot go on.
#[derive(Debug, Error)]
pub enum ListenError {
    #[error("the events after {0} are no longer kept")]
    Gone(Seq),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The paths of a connection, for who reads for it and who changes them. Cheap to clone.
#[derive(Clone)]
pub struct Consumption {
    paths: Arc<Mutex<Paths>>,
    changed: Arc<Notify>,
}

impl Consumption {
    /// Consumes a path from a position on.
    pub fn add(&self, path: &Pattern, how: Consumed) -> Result<(), PathError> {
        self.paths().add(path, how)?;
        self.changed.notify_one();
        Ok(())
    }

    pub fn remove(&self, path: &Pattern) -> Result<(), PathError> {
        self.paths().remove(path)
    }

    fn paths(&self) -> MutexGuard<'_, Paths> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message: one topic of an event, for one path that it matches.
pub struct Hit<T> {
    pub event: Arc<T>,
    /// The topic's place among the event's.
    pub topic: usize,
    /// Whether its position is told along.
    pub numbered: bool,
    /// Whether it is the last message of this event.
    pub last: bool,
}

pub struct Listener<T> {
    tail: Arc<Tail<T>>,
    consumption: Consumption,
    bell: watch::Receiver<Seq>,
}

impl<T: AsRef<Event>> Listener<T> {
    /// Begins after `at`, and consumes nothing yet.
    pub fn new(tail: &Arc<Tail<T>>, at: Seq) -> Self {
        let consumption = Consumption { paths: Arc::new(Mutex::new(Paths::new(at))), changed: Arc::new(Notify::new()) };
        Self { tail: Arc::clone(tail), consumption, bell: tail.committed() }
    }

    pub fn consumption(&self) -> &Consumption {
        &self.consumption
    }

    /// How far it has read: who goes on after this misses nothing that was not handed over.
    pub fn position(&self) -> Seq {
        self.consumption.paths().position().unwrap_or_else(|| self.tail.newest())
    }

    /// The next messages; waits for them. Cancel-safe: what was not returned is read again.
    pub async fn next(&mut self) -> Result<Vec<Hit<T>>, ListenError> {
        loop {
            // Subscribe, then look, then wait.
            self.bell.mark_unchanged();
            match self.page().await? {
                Some(hits) if hits.is_empty() => {}
                Some(hits) => return Ok(hits),
                None => self.rung().await,
            }
        }
    }

    async fn rung(&mut self) {
        tokio::select! {
            () = self.consumption.changed.notified() => {}
            changed = self.bell.changed() => if changed.is_err() {
                // The store is gone, and who owns this one is being stopped.
                std::future::pending::<()>().await;
            },
        }
    }

    /// What the next stretch of the log holds for it. Nothing: that was all.
    async fn page(&mut self) -> Result<Option<Vec<Hit<T>>>, ListenError> {
        let newest = *self.bell.borrow();
        let Some(at) = self.consumption.paths().position().filter(|at| *at < newest) else { return Ok(None) };
        let events = self.tail.after(at, PAGE).await?;
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(None) };
        if seq(first).0 != at.0 + 1 {
            return Err(ListenError::Gone(at));
        }
        let mut paths = self.consumption.paths();
        if paths.position() != Some(at) {
            return Ok(Some(Vec::new()));
        }
        let mut hits = Vec::new();
        for event in &events {
            collect(&paths, event, &mut hits);
        }
        paths.advance(seq(last));
        Ok(Some(hits))
    }
}

/// One message for each topic and each path that it matches, in the order of the topics.
fn collect<T: AsRef<Event>>(paths: &Paths, event: &Arc<T>, hits: &mut Vec<Hit<T>>) {
    let (before, found) = (hits.len(), event.as_ref().as_ref());
    for (index, topic) in found.topics.iter().enumerate() {
        for Consumed { numbered, .. } in paths.of(topic, found.seq) {
            hits.push(Hit { event: Arc::clone(event), topic: index, numbered, last: false });
        }
    }
    if let Some(hit) = hits[before..].last_mut() {
        hit.last = true;
    }
}

fn seq<T: AsRef<Event>>(event: &Arc<T>) -> Seq {
    event.as_ref().as_ref().seq
}
