//! Connections by server and login: one each, for at most four commands at once, and gone when nobody has used it for a
//! while.
//!
//! Invariant: a connection serves only the login that it was made for. Of those who wait for one that cannot be made,
//! each hears why, and none tries again what has just failed.

use super::deadlines::Clock;
use super::deadlines::Step;
use super::guard::Guard;
use super::ssh_hosts::Hosts;
use super::ssh_session::Peer;
use super::ssh_session::Session;
use super::ssh_trouble::Trouble;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::Weak;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// Commands at once over one connection: Gerrit gives a user few threads, and OpenSSH opens ten channels.
const MOST_CHANNELS: usize = 4;

/// How long a connection stays that nobody uses. Logging in costs more than staying.
const MAX_IDLE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Links {
    guard: Guard,
    hosts: Arc<Hosts>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    links: HashMap<Peer, Arc<Link>>,
    sweeper: Option<AbortOnDropHandle<()>>,
}

/// The way to one server for one login.
#[derive(Debug)]
pub(super) struct Link {
    places: Semaphore,
    /// Held while the connection is made: whoever comes meanwhile gets the same one.
    session: tokio::sync::Mutex<Made>,
    used: Mutex<Instant>,
}

#[derive(Debug, Default)]
struct Made {
    session: Option<Arc<Session>>,
    /// Why there is none, since when.
    failed: Option<(Instant, Trouble)>,
}

impl Links {
    pub(super) fn new(guard: Guard, hosts: Arc<Hosts>) -> Self {
        Self { guard, hosts, state: Arc::default() }
    }

    pub(super) fn get(&self, peer: &Peer) -> Arc<Link> {
        let mut state = lock(&self.state);
        if state.sweeper.is_none() {
            let sweeper = tokio::spawn(sweep(Arc::downgrade(&self.state)));
            state.sweeper = Some(AbortOnDropHandle::new(sweeper));
        }
        let link = Arc::clone(state.links.entry(peer.clone()).or_insert_with(|| Arc::new(Link::new())));
        link.used();
        link
    }

    /// The connection, and whether it was there before.
    pub(super) async fn session(
        &self,
        link: &Link,
        peer: &Peer,
        clock: &Clock,
    ) -> Result<(Arc<Session>, bool), Trouble> {
        let since = Instant::now();
        let waited = clock.within(Step::Exchange, link.session.lock()).await;
        let mut made = waited.map_err(|late| Trouble::passing(format!("waiting for the connection: {late}")))?;
        if let Some(session) = made.session.as_ref().filter(|session| session.is_good()) {
            return Ok((Arc::clone(session), true));
        }
        if let Some((_, trouble)) = made.failed.as_ref().filter(|(at, _)| *at > since) {
            return Err(trouble.clone());
        }
        made.session = None;
        match Session::open(&self.guard, peer, &self.hosts, clock).await {
            Ok(session) => {
                let session = Arc::new(session);
                made.session = Some(Arc::clone(&session));
                Ok((session, false))
            }
            Err(trouble) => {
                made.failed = Some((Instant::now(), trouble.clone()));
                Err(trouble)
            }
        }
    }
}

impl Link {
    fn new() -> Self {
        let places = Semaphore::new(MOST_CHANNELS);
        Self { places, session: tokio::sync::Mutex::default(), used: Mutex::new(Instant::now()) }
    }

    /// A place among the commands that run at once.
    pub(super) async fn place(&self, clock: &Clock) -> Result<SemaphorePermit<'_>, Trouble> {
        let place = clock.within(Step::Channel, self.places.acquire()).await;
        let place = place.map_err(|late| {
            Trouble::passing(format!("{MOST_CHANNELS} other commands were under way to this server: {late}"))
        })?;
        Ok(place.expect("the places are never closed"))
    }

    pub(super) fn used(&self) {
        *lock(&self.used) = Instant::now();
    }

    /// Takes this connection away, unless another one stands in its place already.
    pub(super) async fn drop_session(&self, session: &Arc<Session>) {
        let mut made = self.session.lock().await;
        if made.session.as_ref().is_some_and(|there| Arc::ptr_eq(there, session)) {
            made.session = None;
        }
    }

    /// Whether nobody runs a command, and nobody did for a while.
    fn is_idle(&self) -> bool {
        self.places.available_permits() == MOST_CHANNELS && lock(&self.used).elapsed() >= MAX_IDLE
    }
}

/// Closes what nobody uses, until there is nothing.
async fn sweep(state: Weak<Mutex<State>>) {
    loop {
        tokio::time::sleep(MAX_IDLE / 2).await;
        let Some(state) = state.upgrade() else { return };
        // Whoever has it in hand already goes on with it; who comes later makes a new one.
        let idle: Vec<_> = lock(&state).links.extract_if(|_, link| link.is_idle()).map(|(_, link)| link).collect();
        for link in idle {
            let session = link.session.lock().await.session.take();
            if let Some(session) = session {
                session.leave().await;
            }
        }
        let mut state = lock(&state);
        if state.links.is_empty() {
            // Dropping the own handle cancels at the next await, of which there is none.
            state.sweeper = None;
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
