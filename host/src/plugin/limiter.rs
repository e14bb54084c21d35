//! The memory budget of a call, and the record of what it denied.
//!
//! The record matters because a guest that gets no memory only says `unreachable`.

use crate::plugin::engine;
use wasmtime::ResourceLimiter;

pub(super) struct MemoryBudget {
    limit: usize,
    /// All linear memories together.
    used: usize,
    /// What would have been used if the last request that was denied had been granted.
    pub(super) denied: Option<usize>,
}

impl MemoryBudget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: 0, denied: None }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }
}

impl ResourceLimiter for MemoryBudget {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.used.saturating_add(desired.saturating_sub(current));
        if wanted > self.limit {
            self.denied = Some(wanted);
            return Ok(false);
        }
        self.used = wanted;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= engine::TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        engine::CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        engine::TABLES as usize
    }

    fn memories(&self) -> usize {
        engine::MEMORIES as usize
    }
}
