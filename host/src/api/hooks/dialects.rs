//! The dialects that are enabled, and what each may use up.
//!
//! Everything here is apart from what other routes use: who fills it keeps hooks waiting, and nothing else.

use super::fetching::Room;
use super::fruitless::Fruitless;
use crate::api::access::Bounds;
use crate::api::error::Error;
use crate::config::Server;
use crate::plugin::Caller;
use crate::plugin::ChangeHook;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Hooks that are parsed at once: they leave turns to the reporters.
const MOST_CALLS: usize = 8;

/// Requests of one dialect for which something is read at once, each until its plugin has said what it means.
pub(super) const MOST_READINGS: usize = 4;

/// All dialects, and who calls their plugins. Cheap to clone.
#[derive(Clone)]
pub struct Hooks(Arc<Parts>);

struct Parts {
    caller: Caller,
    dialects: BTreeMap<String, Dialect>,
    bounds: Bounds,
    turns: Semaphore,
    reading_time: Duration,
}

/// One dialect.
pub(super) struct Dialect {
    pub(super) hook: Arc<ChangeHook>,
    /// Taken with the first that is to be read for a request, so that others do not wait for a forge that is slow.
    pub(super) readings: Semaphore,
    /// Its own, so that what one dialect reads keeps no other from reading in time.
    pub(super) room: Room,
    pub(super) fruitless: Fruitless,
}

impl Hooks {
    /// All that is read for one request is there within `reading_time`, or it goes on without.
    pub fn new(
        caller: Caller,
        hooks: &BTreeMap<String, Arc<ChangeHook>>,
        (server, reading_time): (&Server, Duration),
    ) -> Self {
        let dialect = |hook: &Arc<ChangeHook>| Dialect {
            hook: Arc::clone(hook),
            readings: Semaphore::new(MOST_READINGS),
            room: Room::default(),
            fruitless: Fruitless::default(),
        };
        let dialects = hooks.iter().map(|(name, hook)| (name.clone(), dialect(hook))).collect();
        let (turns, bounds) = (Semaphore::new(MOST_CALLS), Bounds::of_hooks(server));
        Self(Arc::new(Parts { caller, dialects, bounds, turns, reading_time }))
    }

    pub(super) fn get(&self, dialect: &str) -> Result<&Dialect, Error> {
        let missing = || {
            let message = format!("The dialect specified, '{dialect}', is not enabled: it needs a [[change_hook]]");
            Error::not_found(message)
        };
        self.0.dialects.get(dialect).ok_or_else(missing)
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.0.caller
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.0.bounds
    }

    pub(super) fn turns(&self) -> &Semaphore {
        &self.0.turns
    }

    pub(super) fn reading_time(&self) -> Duration {
        self.0.reading_time
    }
}
