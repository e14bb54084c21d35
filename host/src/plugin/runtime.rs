//! The runtime: engine, linkers, cache and the bound on concurrent calls, shared by all plugins.

use crate::plugin::cache::Cache;
use crate::plugin::engine;
use crate::plugin::error::RuntimeError;
use crate::plugin::link::Linkers;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime::Engine;

/// What a call may use up, and how many run at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All linear memories of an instance together.
    pub memory_bytes: usize,
    /// Time in which the guest computes. Waiting for the host is not counted.
    pub cpu: Duration,
    /// The whole call, with all that it waits for. Its turn to begin is not counted.
    pub wall_clock: Duration,
    pub concurrent_calls: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 64 << 20,
            cpu: Duration::from_secs(1),
            wall_clock: Duration::from_secs(30),
            concurrent_calls: 32,
        }
    }
}

impl Limits {
    /// Instances that may live at once: that of a call, and that of the formatter which it asks.
    pub(super) fn slots(&self) -> u32 {
        self.concurrent_calls.max(1).saturating_mul(2)
    }

    /// The CPU budget in ticks of the clock.
    pub(super) fn cpu_ticks(&self) -> u64 {
        let ticks = self.cpu.as_millis().div_ceil(engine::TICK.as_millis());
        u64::try_from(ticks).unwrap_or(u64::MAX).max(1)
    }
}

#[derive(Clone, Debug, Default)]
pub struct RuntimeConfig {
    /// Where compiled plugins are kept. Without it each start compiles them anew.
    pub cache_dir: Option<PathBuf>,
    pub limits: Limits,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) engine: Engine,
    pub(super) linkers: Linkers,
    pub(super) cache: Cache,
    pub(super) limits: Limits,
    /// One permit a call, so that the pool is never asked for more than it has.
    pub(super) turns: Semaphore,
}

impl Runtime {
    pub fn new(config: RuntimeConfig) -> Result<Self, RuntimeError> {
        let engine = engine::start(&config.limits)?;
        let linkers = Linkers::new(&engine).map_err(|e| RuntimeError::Engine(format!("{e:#}")))?;
        let cache = Cache::open(&engine, config.cache_dir);
        let turns = Semaphore::new(config.limits.concurrent_calls.max(1) as usize);
        Ok(Self { inner: Arc::new(Inner { engine, linkers, cache, limits: config.limits, turns }) })
    }

    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }
}
