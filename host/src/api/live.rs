//! Live events: what Server-Sent Events and WebSocket have in common.
//!
//! Each event is put into words once for all listeners. A connection has a seat, of which there are so many, and reads
//! the log from its own position when its socket takes more: who does not read is not read for.
//!
//! Not here: the two protocols (`sse`, `ws`), and closing connections that take nothing (the listening socket's, `app`).

mod seats;
mod told;

pub(super) use seats::Seat;
pub(super) use told::Told;

use super::error::Error;
use crate::bus::Consumed;
use crate::bus::Consumption;
use crate::bus::Listener;
use crate::bus::PathError;
use crate::bus::Tail;
use crate::model::Pattern;
use crate::model::Seq;
use crate::store::Store;
use crate::store::StoreError;
use seats::Seats;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Connections that listen at the same time, of both kinds. Others need a place too.
const MOST_LISTENERS: usize = 2048;

/// After so long without a message a sign of life is sent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What tests turn.
#[derive(Clone, Debug)]
pub struct LiveTuning {
    pub most_listeners: usize,
    pub keep_alive: Duration,
}

impl Default for LiveTuning {
    fn default() -> Self {
        Self { most_listeners: MOST_LISTENERS, keep_alive: KEEP_ALIVE }
    }
}

/// What all listeners share. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    tail: Arc<Tail<Told>>,
    seats: Seats,
    /// The paths of open streams, by the name that the client was told.
    named: Mutex<HashMap<String, Consumption>>,
    keep_alive: Duration,
    stop: CancellationToken,
}

impl Live {
    /// `stop` ends all streams.
    pub fn new(store: &Store, tuning: &LiveTuning, stop: CancellationToken) -> Self {
        let inner = Inner {
            store: store.clone(),
            tail: Arc::new(Tail::new(store, Told::new)),
            seats: Seats::new(tuning.most_listeners),
            named: Mutex::default(),
            keep_alive: tuning.keep_alive,
            stop,
        };
        Self { inner: Arc::new(inner) }
    }

    /// How many listen. Rings when somebody comes or goes.
    pub fn listeners(&self) -> watch::Receiver<usize> {
        self.inner.seats.taken()
    }

    pub(super) fn seat(&self) -> Result<Seat, Error> {
        let most = self.inner.seats.most();
        self.inner.seats.take().ok_or_else(|| {
            Error::unavailable(format!("{most} connections listen already, which is the most; come back later"))
        })
    }

    pub(super) fn listen(&self, after: Seq) -> Listener<Told> {
        Listener::new(&self.inner.tail, after)
    }

    pub(super) fn newest(&self) -> Seq {
        self.inner.tail.newest()
    }

    /// The position to go on from: the one asked for, if the log reaches there, else the newest.
    pub(super) async fn position(&self, asked: Option<Seq>) -> Result<Seq, Error> {
        let Some(asked) = asked else { return Ok(self.newest()) };
        if asked > self.newest() {
            let newest = self.newest();
            return Err(Error::bad_request(format!("event {asked} has not happened yet: the newest is {newest}")));
        }
        let oldest: Result<_, StoreError> = self.inner.store.read(|reader| reader.first_seq()).await;
        match oldest? {
            Some(oldest) if asked.0 + 1 < oldest.0 => Err(Error::gone(format!(
                "the events after {asked} are no longer kept, the oldest is {oldest}: read what you need anew, then listen without a position"
            ))),
            _ => Ok(asked),
        }
    }

    pub(super) fn keep_alive(&self) -> Duration {
        self.inner.keep_alive
    }

    pub(super) fn stop(&self) -> &CancellationToken {
        &self.inner.stop
    }

    /// Makes the paths of a stream reachable by a name that nobody can guess, as long as the value lives.
    pub(super) fn name(&self, consumption: &Consumption) -> Named {
        let name = uuid(rand::random());
        self.named().insert(name.clone(), consumption.clone());
        Named { live: self.clone(), name }
    }

    pub(super) fn find(&self, name: &str) -> Option<Consumption> {
        self.named().get(name).cloned()
    }

    fn named(&self) -> MutexGuard<'_, HashMap<String, Consumption>> {
        self.inner.named.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream's name.
pub(super) struct Named {
    live: Live,
    pub(super) name: String,
}

impl Drop for Named {
    fn drop(&mut self) {
        self.live.named().remove(&self.name);
    }
}

/// A random name in the form of a version 4 UUID, as Buildbot's are.
fn uuid(random: u128) -> String {
    let bits = random & !(0xf000 << 64 | 0xc000 << 48) | 0x4000 << 64 | 0x8000 << 48;
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A path as clients write it.
pub(super) fn pattern(text: &str) -> Result<Pattern, Error> {
    Pattern::parse(text).map_err(|error| Error::bad_request(error.to_string()))
}

/// Consumes a path; to consume one twice is to consume it.
pub(super) fn consume(consumption: &Consumption, path: &str, how: Consumed) -> Result<(), Error> {
    match consumption.add(&pattern(path)?, how) {
        Ok(()) | Err(PathError::Consumed) => Ok(()),
        Err(error @ (PathError::TooMany | PathError::TooLong | PathError::NotConsumed)) => {
            Err(Error::bad_request(format!("{path}: {error}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn names_look_like_buildbots() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
