//! Idle connections, kept for a short while and given back to whom they belong.
//!
//! Invariant: a connection is handed out only under the key it was put in with, so that one login never serves
//! another. What was not taken again in time takes leave by itself.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::Weak;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// Servers close idle connections after some time; before the soonest of them we do.
pub(super) const MAX_IDLE: Duration = Duration::from_secs(10);

/// As many as dispatch uses at once towards a mail relay.
pub(super) const MAX_IDLE_PER_KEY: usize = 8;

/// A connection that can wait.
pub(super) trait Idle: Send + 'static {
    /// Closes it, politely.
    fn leave(self) -> impl Future<Output = ()> + Send;
}

pub(super) struct Pool<K, C> {
    state: Arc<Mutex<State<K, C>>>,
    max_idle: Duration,
}

struct State<K, C> {
    idle: HashMap<K, Vec<(Instant, C)>>,
    sweeper: Option<AbortOnDropHandle<()>>,
}

impl<K: Eq + Hash + Send + 'static, C: Idle> Pool<K, C> {
    pub(super) fn new(max_idle: Duration) -> Self {
        Self { state: Arc::new(Mutex::new(State { idle: HashMap::new(), sweeper: None })), max_idle }
    }

    /// The one that was used last: the others may become old and go.
    pub(super) fn take(&self, key: &K) -> Option<C> {
        let mut state = lock(&self.state);
        let waiting = state.idle.get_mut(key)?;
        while let Some((since, connection)) = waiting.pop() {
            if since.elapsed() < self.max_idle {
                return Some(connection);
            }
        }
        None
    }

    pub(super) fn put(&self, key: K, connection: C) {
        let mut state = lock(&self.state);
        let waiting = state.idle.entry(key).or_default();
        if waiting.len() < MAX_IDLE_PER_KEY {
            waiting.push((Instant::now(), connection));
        }
        if state.sweeper.is_none() {
            let sweeper = tokio::spawn(sweep(Arc::downgrade(&self.state), self.max_idle));
            state.sweeper = Some(AbortOnDropHandle::new(sweeper));
        }
    }
}

/// Sends away who waited too long, until nobody waits.
async fn sweep<K: Eq + Hash, C: Idle>(pool: Weak<Mutex<State<K, C>>>, max_idle: Duration) {
    loop {
        tokio::time::sleep(max_idle / 2).await;
        let Some(pool) = pool.upgrade() else { return };
        let expired = expired(&mut lock(&pool), max_idle);
        for connection in expired {
            connection.leave().await;
        }
        let mut state = lock(&pool);
        if state.idle.is_empty() {
            // Dropping the own handle cancels at the next await, of which there is none.
            state.sweeper = None;
            return;
        }
    }
}

fn expired<K: Eq + Hash, C: Idle>(state: &mut State<K, C>, max_idle: Duration) -> Vec<C> {
    let mut expired = Vec::new();
    for waiting in state.idle.values_mut() {
        expired.extend(waiting.extract_if(.., |(since, _)| since.elapsed() >= max_idle).map(|(_, c)| c));
    }
    state.idle.retain(|_, waiting| !waiting.is_empty());
    expired
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, C> std::fmt::Debug for Pool<K, C> {
    /// Keys hold logins: they are not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pool")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    struct Fake(u32, mpsc::UnboundedSender<u32>);

    impl Idle for Fake {
        async fn leave(self) {
            let _ = self.1.send(self.0);
        }
    }

    #[tokio::test]
    async fn the_last_one_is_taken_and_old_ones_leave() {
        let (left, mut leaving) = mpsc::unbounded_channel();
        let pool = Pool::new(Duration::from_millis(200));
        pool.put("a", Fake(1, left.clone()));
        pool.put("a", Fake(2, left.clone()));
        assert!(pool.take(&"b").is_none());
        assert_eq!(pool.take(&"a").map(|c| c.0), Some(2));
        assert_eq!(leaving.recv().await, Some(1));
        assert!(pool.take(&"a").is_none());
    }
}
