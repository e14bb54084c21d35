//! How far the reporters have come, for those who look and those who wait until all is done.

use crate::model::ReporterName;
use crate::model::Seq;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use tokio::sync::watch;

/// One reporter's way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReporterProgress {
    /// The last event that was rendered or passed over. What is persisted may lag behind.
    pub position: Seq,
    /// Why it does not come on.
    pub trouble: Option<String>,
    /// Calls of its plugin in this life of the process, and those that failed.
    pub calls: u64,
    pub failed_calls: u64,
}

/// Shared by the loops. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Progress {
    reporters: Arc<Mutex<BTreeMap<ReporterName, ReporterProgress>>>,
    bell: watch::Sender<u64>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { reporters: Arc::default(), bell: watch::Sender::new(0) }
    }
}

impl Progress {
    /// Every reporter's way, by name.
    pub fn reporters(&self) -> BTreeMap<ReporterName, ReporterProgress> {
        self.reporters.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether every reporter has come to `seq`.
    pub fn reached(&self, seq: Seq) -> bool {
        self.slowest().is_none_or(|slowest| slowest >= seq)
    }

    /// How far the last of them is; nothing where there are none.
    ///
    /// Who wants to know whether all is done asks this first, and then what is owed: in the other order a reporter could
    /// come on in between, and what it owes since would be missed.
    pub fn slowest(&self) -> Option<Seq> {
        let reporters = self.reporters.lock().unwrap_or_else(PoisonError::into_inner);
        reporters.values().map(|reporter| reporter.position).min()
    }

    /// Rings whenever something moved.
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// Changes what is known of one.
    pub fn update(&self, name: &ReporterName, change: impl FnOnce(&mut ReporterProgress)) {
        let mut reporters = self.reporters.lock().unwrap_or_else(PoisonError::into_inner);
        change(reporters.entry(name.clone()).or_default());
        drop(reporters);
        self.ring();
    }

    /// Something else moved: a delivery was settled.
    pub fn ring(&self) {
        self.bell.send_modify(|count| *count = count.wrapping_add(1));
    }
}
