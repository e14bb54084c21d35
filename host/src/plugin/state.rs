//! What a store holds during its one call.

use crate::data::Data;
use crate::model::ReporterEvent;
use crate::model::ReporterName;
use crate::model::Timestamp;
use crate::plugin::call_log::CallLog;
use crate::plugin::caller::Caller;
use crate::plugin::caller::Overlay;
use crate::plugin::limiter::MemoryBudget;
use crate::plugin::runtime::Limits;
use crate::plugin::world;
use crate::plugin::world::Seed;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::WasiCtxView;
use wasmtime_wasi::WasiView;

/// Handles of WASI resources that a guest may hold at once.
const HANDLES: usize = 256;

/// What a call is about, and what it may see.
pub(super) struct Scene {
    /// Who makes the call. None while a plugin describes itself: then there is nothing to read yet.
    pub(super) caller: Option<Caller>,
    pub(super) reporter: ReporterName,
    /// Effects on the reporter's state that are not written yet.
    pub(super) overlay: Arc<Overlay>,
    pub(super) event: Option<Arc<ReporterEvent>>,
    /// What the guest's clock shows.
    pub(super) at: Timestamp,
    pub(super) seed: Seed,
    /// For a call within a call: it runs on its caller's turn and time.
    pub(super) until: Option<Instant>,
}

pub(super) struct CallState {
    pub(super) scene: Scene,
    pub(super) log: CallLog,
    pub(super) memory: MemoryBudget,
    pub(super) cpu_ticks: u64,
    /// When the call's time is over.
    pub(super) deadline: Instant,
    /// None until the guest looks at it.
    wasi: Option<WasiCtx>,
    table: ResourceTable,
}

impl CallState {
    pub(super) fn new(scene: Scene, log: CallLog, limits: &Limits, deadline: Instant) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Self { wasi: None, memory: MemoryBudget::new(limits.memory_bytes), cpu_ticks: 0, scene, log, deadline, table }
    }

    pub(super) fn data(&self) -> Option<&Data> {
        self.scene.caller.as_ref().map(Caller::data)
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let ctx = self.wasi.get_or_insert_with(|| world::empty(self.scene.at, &self.scene.seed, &self.log));
        WasiCtxView { ctx, table: &mut self.table }
    }
}

/// The host could not do what an import asked for. Ends the call.
#[derive(Debug)]
pub(super) struct HostFailure(pub(super) String);

/// The guest asked or answered something that the contract does not allow. Ends the call.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) String);

impl fmt::Display for HostFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HostFailure {}
impl std::error::Error for Refusal {}
