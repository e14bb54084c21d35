//! What has arrived, and a way to wait for it without polling.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use tokio::sync::Notify;

#[derive(Debug)]
pub(crate) struct Arrivals<T> {
    kept: Mutex<Kept<T>>,
    rung: Notify,
}

#[derive(Debug)]
struct Kept<T> {
    items: Vec<T>,
    count: usize,
}

impl<T> Default for Arrivals<T> {
    fn default() -> Self {
        Self { kept: Mutex::new(Kept { items: Vec::new(), count: 0 }), rung: Notify::new() }
    }
}

impl<T: Clone> Arrivals<T> {
    /// Counts one, and keeps it if there is something to keep.
    pub(crate) fn add(&self, item: Option<T>) {
        let mut kept = self.lock();
        kept.items.extend(item);
        kept.count += 1;
        drop(kept);
        self.rung.notify_waiters();
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().count
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.lock().items.clone()
    }

    pub(crate) async fn wait_for(&self, count: usize) {
        loop {
            let rung = self.rung.notified();
            tokio::pin!(rung);
            // First subscribed, then looked: a ring in between is not lost.
            rung.as_mut().enable();
            if self.count() >= count {
                return;
            }
            rung.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept<T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
