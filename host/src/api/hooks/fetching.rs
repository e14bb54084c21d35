//! What a dialect wants to read: several at once, each within the grants of its hook, all of a request within one time and
//! one size, and all requests of a dialect within one room.
//!
//! What cannot be had is no failure: the plugin is told so, and the log says why.

use super::dialects::Dialect;
use super::dialects::MOST_READINGS;
use crate::api::State;
use crate::model::Fetched;
use crate::model::HttpRequest;
use crate::model::Message;
use crate::model::Millis;
use crate::plugin::ChangeHook;
use crate::transport::MOST_FETCHED_BYTES;
use futures_util::StreamExt;
use futures_util::stream;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;
use tokio::time::Instant;
use tokio::time::timeout_at;

/// For all that one request asks for, usually. Who sent it waits meanwhile, and GitHub for ten seconds.
pub const READING_TIME: Duration = Duration::from_secs(4);

/// So often a plugin may ask for something to read.
const MOST_ROUNDS: usize = 2;

/// Under way at once, of one request.
const AT_ONCE: usize = 4;

/// What may come back of all that one request asks for: the plugin holds it in its memory.
const MOST_BYTES: usize = 12 * 1024 * 1024;

/// The same of all requests of a dialect together, in KiB, and with what is on its way: for each there is room for one more.
const MOST_KIB: usize = MOST_READINGS * (MOST_BYTES + MOST_FETCHED_BYTES) / 1024;

/// Before it came, each is thought to be as large as it may be.
const PAGE_KIB: u32 = (MOST_FETCHED_BYTES / 1024) as u32;

/// Where what came back is kept.
pub(super) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_KIB)))
    }
}

impl Room {
    /// Room for something of which nobody knows yet how large it is.
    async fn for_one(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.0).acquire_many_owned(PAGE_KIB).await.expect("nobody closes the semaphore")
    }
}

/// Of the room that was taken for `fetched` what it needs; the rest is given back.
fn needed(mut room: OwnedSemaphorePermit, fetched: &Fetched) -> Option<OwnedSemaphorePermit> {
    room.split(fetched.body.len().div_ceil(1024))
}

/// Why there is no point in reading on.
#[derive(Debug, Error)]
pub(super) enum Futile {
    #[error("wants to read more than {MOST_ROUNDS} times")]
    TooOften,
    #[error("asks again for what it was told")]
    Again,
}

/// What is read for one request.
pub(super) struct Reading<'s> {
    state: &'s State,
    dialect: &'s Dialect,
    now: Millis,
    rounds: usize,
    /// Held from the first on until the request is answered.
    turn: Option<SemaphorePermit<'s>>,
    /// From the first one on.
    deadline: Option<Instant>,
    asked: Vec<HttpRequest>,
    came: Vec<Fetched>,
    /// What `came` takes, until it is not needed any more.
    room: Vec<OwnedSemaphorePermit>,
}

impl<'s> Reading<'s> {
    pub(super) fn new(state: &'s State, dialect: &'s Dialect, now: Millis) -> Self {
        let (asked, came, room) = (Vec::new(), Vec::new(), Vec::new());
        Self { state, dialect, now, rounds: 0, turn: None, deadline: None, asked, came, room }
    }

    /// What came back until now, in the order of asking.
    pub(super) fn came(&self) -> &[Fetched] {
        &self.came
    }

    /// Reads these besides.
    pub(super) async fn read(&mut self, wanted: Vec<HttpRequest>) -> Result<(), Futile> {
        if wanted.iter().any(|request| self.asked.contains(request)) {
            return Err(Futile::Again);
        }
        if self.rounds == MOST_ROUNDS {
            return Err(Futile::TooOften);
        }
        self.rounds += 1;
        if self.turn.is_none() {
            self.turn = self.dialect.readings.acquire().await.ok();
        }
        let until = *self.deadline.get_or_insert_with(|| Instant::now() + self.state.hooks.reading_time());
        let came: Vec<_> = {
            let one = |request| self.one(request, until);
            stream::iter(wanted.iter().cloned().map(one)).buffered(AT_ONCE).collect().await
        };
        came.into_iter().for_each(|came| self.keep(came));
        self.asked.extend(wanted);
        Ok(())
    }

    fn keep(&mut self, came: Option<(Fetched, OwnedSemaphorePermit)>) {
        let Some((fetched, room)) = came else { return self.came.push(Fetched::default()) };
        let bytes: usize = self.came.iter().map(|fetched| fetched.body.len()).sum();
        if bytes + fetched.body.len() > MOST_BYTES {
            self.warn(&format!("all that one request asks for has more than {MOST_BYTES} bytes"));
            return self.came.push(Fetched::default());
        }
        self.room.extend(needed(room, &fetched));
        self.came.push(fetched);
    }

    /// Nothing where it cannot be had.
    async fn one(&self, request: HttpRequest, until: Instant) -> Option<(Fetched, OwnedSemaphorePermit)> {
        let come = async {
            let message = Message::Http(request);
            let permit = self.hook().grants.permit(&message).map_err(|denied| denied.to_string())?;
            let room = self.dialect.room.for_one().await;
            let fetched = self.state.transports.fetch(&permit, &self.hook().dialect, self.now).await?;
            Ok((fetched, room))
        };
        // A time that is over would still let begin what follows.
        let came = match Instant::now() < until {
            true => timeout_at(until, come).await.unwrap_or_else(|_| Err(self.late())),
            false => Err(self.late()),
        };
        came.map_err(|reason: String| self.warn(&reason)).ok()
    }

    fn hook(&self) -> &ChangeHook {
        &self.dialect.hook
    }

    fn late(&self) -> String {
        format!("it was not there {} s after the first was asked for", self.state.hooks.reading_time().as_secs())
    }

    fn warn(&self, reason: &str) {
        tracing::warn!(dialect = self.hook().dialect, reason, "what a change hook wanted to read could not be had");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_came_keeps_the_room_that_it_takes() {
        let room = Room::default();
        let free = || room.0.available_permits();
        let fetched = Fetched { body: vec![b'x'; 1025], ..Fetched::default() };
        let kept = needed(room.for_one().await, &fetched);
        assert_eq!(free(), MOST_KIB - 2);
        let empty = needed(room.for_one().await, &Fetched::default());
        assert_eq!(free(), MOST_KIB - 2);
        drop((kept, empty));
        assert_eq!(free(), MOST_KIB);
    }
}
