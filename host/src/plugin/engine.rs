//! One wasmtime engine for all plugins: its settings, and the clock that interrupts guests.
//!
//! Instances come from a pool, so that a fresh one costs microseconds. A host that lacks the address space for the
//! pool runs without it, slower, and says so. No fuel: epochs cost a tenth of the time, fuel half of it.

use crate::plugin::error::RuntimeError;
use crate::plugin::runtime::Limits;
use std::thread;
use std::time::Duration;
use wasmtime::Config;
use wasmtime::Enabled;
use wasmtime::Engine;
use wasmtime::EngineWeak;
use wasmtime::InstanceAllocationStrategy;
use wasmtime::PoolingAllocationConfig;
use wasmtime::WasmBacktraceDetails;

/// How often guests are interrupted: the unit of the CPU budget.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Memory of a slot that stays with it between calls. More than a Rust guest touches.
const KEEP_RESIDENT_BYTES: usize = 1 << 20;

/// The stack of a guest, and of the fiber that it and its host functions run on.
const WASM_STACK_BYTES: usize = 1 << 20;
const FIBER_STACK_BYTES: usize = 2 << 20;

/// What one component may be made of. A Python guest has about fourteen core instances.
pub(super) const CORE_INSTANCES: u32 = 40;
pub(super) const MEMORIES: u32 = 4;
pub(super) const TABLES: u32 = 16;
pub(super) const TABLE_ELEMENTS: usize = 30_000;
const INSTANCE_BYTES: usize = 4 << 20;

/// Makes the engine and starts its clock, which ends with it.
pub(super) fn start(limits: &Limits) -> Result<Engine, RuntimeError> {
    let engine = build(limits).map_err(|e| RuntimeError::Engine(format!("{e:#}")))?;
    let weak = engine.weak();
    thread::Builder::new().name("plugin-epochs".into()).spawn(move || tick(&weak)).map_err(RuntimeError::Clock)?;
    Ok(engine)
}

fn build(limits: &Limits) -> wasmtime::Result<Engine> {
    let slots = limits.slots();
    // Without the scan (before Linux 6.7) keeping memory would write the whole of it after each call.
    let scanned = pool(slots, KEEP_RESIDENT_BYTES, Enabled::Yes);
    if let Ok(engine) = Engine::new(&config(scanned)) {
        return Ok(engine);
    }
    match Engine::new(&config(pool(slots, 0, Enabled::No))) {
        Ok(engine) => Ok(engine),
        Err(reason) => {
            let reason = format!("{reason:#}");
            tracing::warn!(reason, "no pool for plugin instances, each call allocates its own");
            Engine::new(&config(InstanceAllocationStrategy::OnDemand))
        }
    }
}

fn config(allocation: InstanceAllocationStrategy) -> Config {
    let mut config = Config::new();
    config
        .allocation_strategy(allocation)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(FIBER_STACK_BYTES)
        // Not from the environment: what an operator reads does not depend on WASMTIME_BACKTRACE_DETAILS.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

fn pool(slots: u32, keep: usize, scan: Enabled) -> InstanceAllocationStrategy {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES))
        .total_memories(slots.saturating_mul(MEMORIES))
        .total_tables(slots.saturating_mul(TABLES))
        .total_stacks(slots)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_tables_per_module(TABLES)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_component_instance_size(INSTANCE_BYTES)
        .table_elements(TABLE_ELEMENTS)
        .linear_memory_keep_resident(keep)
        .table_keep_resident(keep)
        .pagemap_scan(scan);
    InstanceAllocationStrategy::Pooling(pool)
}

/// A tick that comes late is not made up for: a burst of ticks on a busy machine would kill innocent guests.
fn tick(engine: &EngineWeak) {
    while let Some(engine) = engine.upgrade() {
        engine.increment_epoch();
        drop(engine);
        thread::sleep(TICK);
    }
}
