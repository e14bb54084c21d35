//! One call: a fresh store, one budget, one report.
//!
//! The guest gives way to other tasks at each tick of the clock but its first, since most calls that see one soon end.
//! Each tick that it notices is charged to its CPU budget. Ticks that pass while the host works for it are noticed once,
//! on return: a call into the host costs at most one. The wall-clock limit is a timeout around it all; dropping the store
//! cancels whatever is under way.
//!
//! Invariant: whatever the guest does, `run` returns, and what was said and used up till then is in the report.

use crate::plugin::call_log::CallLog;
use crate::plugin::call_log::LogEntry;
use crate::plugin::error::CallError;
use crate::plugin::exports::Export;
use crate::plugin::program::Program;
use crate::plugin::runtime::Limits;
use crate::plugin::runtime::Runtime;
use crate::plugin::state::CallState;
use crate::plugin::state::HostFailure;
use crate::plugin::state::Refusal;
use crate::plugin::state::Scene;
use std::time::Duration;
use std::time::Instant;
use wasmtime::PoolConcurrencyLimitError;
use wasmtime::Store;
use wasmtime::Trap;
use wasmtime::UpdateDeadline;
use wasmtime::WasmBacktrace;

/// What a guest may hand over in one go, its answer included.
const HANDOVER_BYTES: usize = 32 << 20;
/// Frames of a crash that are reported.
const FRAMES: usize = 16;

/// How a call went.
#[derive(Clone, Debug)]
pub struct CallReport<T> {
    pub outcome: Result<T, CallError>,
    /// What plugin and formatters said, at most 64 KiB.
    pub log: Vec<LogEntry>,
    /// The last lines of standard error.
    pub stderr_tail: Vec<String>,
    /// Time in which the guest computed, in ticks of 10 ms. Less than one tick is 0.
    pub cpu_ticks: u64,
    /// From the beginning of its turn.
    pub elapsed: Duration,
}

/// Who is called.
pub(super) struct Callee<'a> {
    /// For the log.
    pub(super) name: &'a str,
    pub(super) program: &'a Program,
}

pub(super) async fn run<E: Export>(
    runtime: &Runtime,
    callee: Callee<'_>,
    export: E,
    scene: Scene,
) -> CallReport<E::Answer> {
    let _turn = match scene.until {
        None => Some(runtime.inner.turns.acquire().await.expect("nobody closes the semaphore")),
        Some(_) => None,
    };
    let limits = &runtime.inner.limits;
    // The one place on this floor that reads the clock: a budget of time cannot be an argument.
    let started = Instant::now();
    let deadline = scene.until.unwrap_or(started + limits.wall_clock);
    let log = CallLog::new(callee.name, &scene.reporter.0);
    let mut store = open(runtime, CallState::new(scene, log.clone(), limits, deadline));
    let answer = tokio::time::timeout_at(deadline.into(), export.call(&mut store, callee.program)).await;
    let state = store.data();
    let cpu_ticks = state.cpu_ticks;
    let (log, stderr_tail) = log.finish();
    let outcome = match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(explain(&error, state, limits, &stderr_tail)),
        Err(_) => Err(CallError::WallClock { limit_ms: millis(limits.wall_clock) }),
    };
    CallReport { outcome, log, stderr_tail, cpu_ticks, elapsed: started.elapsed() }
}

fn open(runtime: &Runtime, state: CallState) -> Store<CallState> {
    let limit = runtime.inner.limits.cpu_ticks();
    let mut store = Store::new(&runtime.inner.engine, state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(HANDOVER_BYTES);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut store| {
        let state = store.data_mut();
        state.cpu_ticks += 1;
        // The tick during which the call began is not whole, so the limit is passed, not reached.
        Ok(match state.cpu_ticks {
            ticks if ticks > limit => UpdateDeadline::Interrupt,
            // To give way is a visit to the scheduler and to the kernel.
            1 => UpdateDeadline::Continue(1),
            _ => UpdateDeadline::Yield(1),
        })
    });
    store
}

fn explain(error: &wasmtime::Error, state: &CallState, limits: &Limits, stderr: &[String]) -> CallError {
    if let Some(HostFailure(message)) = error.downcast_ref() {
        return CallError::Host(message.clone());
    }
    if let Some(Refusal(message)) = error.downcast_ref() {
        return CallError::Refused(message.clone());
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return CallError::PoolExhausted;
    }
    if let Some(Trap::Interrupt) = error.downcast_ref() {
        return CallError::CpuBudget { limit_ms: millis(limits.cpu) };
    }
    if let Some(asked) = state.memory.denied {
        return CallError::Memory { asked, limit: state.memory.limit() };
    }
    let cause = error.root_cause().to_string();
    // wasmtime keeps the type of this error to itself.
    if cause.starts_with("too much data is being copied") {
        return CallError::Refused(format!("it hands over more than {HANDOVER_BYTES} bytes at once"));
    }
    let message = match error.downcast_ref() {
        Some(Trap::StackOverflow) => "its stack is exhausted (a recursion without end?)".to_owned(),
        // Where a Rust guest's own stack ends.
        Some(Trap::MemoryOutOfBounds) => "it reached beyond its memory (a recursion without end?)".to_owned(),
        Some(Trap::UnreachableCodeReached) => last_words(stderr).unwrap_or("it aborted without a word".to_owned()),
        _ => cause,
    };
    CallError::Trap { message, frames: frames(error) }
}

/// What a crashed guest says of it: a Rust panic with its message, else the last line (Python's and JavaScript's).
fn last_words(stderr: &[String]) -> Option<String> {
    let panic = stderr.iter().enumerate().rev().find_map(|(i, line)| Some((i, line.find("panicked at ")?)));
    if let Some((line, column)) = panic {
        // Behind the name of a thread, which a guest has only one of.
        let first = std::iter::once(&stderr[line][column..]);
        let rest = stderr[line + 1..].iter().map(|line| line.trim()).take_while(|line| !line.starts_with("note: "));
        return Some(first.chain(rest.filter(|line| !line.is_empty())).collect::<Vec<_>>().join(" "));
    }
    stderr.iter().rev().map(|line| line.trim()).find(|line| !line.is_empty()).map(str::to_owned)
}

/// The guest's functions by name. A stripped guest has none, and numbers would tell nobody anything.
fn frames(error: &wasmtime::Error) -> Vec<String> {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    // Only the trace's own text has the names demangled: `    0:  0x1234 - <module>!<function>`.
    let text = trace.to_string();
    let named = text.lines().filter_map(|line| line.split_once(" - ").map(|(_, frame)| frame.trim().to_owned()));
    named.filter(|frame| !frame.contains("!<wasm function")).take(FRAMES).collect()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
