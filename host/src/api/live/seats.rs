//! Seats: how many connections listen, and that they are not more than there is room for.

use std::sync::Arc;
use tokio::sync::watch;

#[derive(Clone)]
pub(super) struct Seats {
    taken: Arc<watch::Sender<usize>>,
    most: usize,
}

/// Somebody listens. Free again when it is dropped.
pub(crate) struct Seat {
    taken: Arc<watch::Sender<usize>>,
}

impl Seats {
    pub(super) fn new(most: usize) -> Self {
        Self { taken: Arc::new(watch::Sender::new(0)), most }
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }

    pub(super) fn taken(&self) -> watch::Receiver<usize> {
        self.taken.subscribe()
    }

    /// Nothing when all are taken.
    pub(super) fn take(&self) -> Option<Seat> {
        let free = self.taken.send_if_modified(|taken| {
            let free = *taken < self.most;
            *taken += usize::from(free);
            free
        });
        free.then(|| Seat { taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.taken.send_modify(|taken| *taken -= 1);
    }
}
