//! How a call ends when it does not return, and how a runtime fails to start.

use thiserror::Error;

/// Why a call gave no answer. One variant for each thing that an operator would do about it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CallError {
    /// The plugin crashed: a panic, an uncaught exception, an exhausted stack.
    #[error("the plugin crashed: {message}")]
    Trap {
        /// The plugin's last words on standard error, else the trap's name.
        message: String,
        /// The functions of the guest that were running, innermost first, where it names them.
        frames: Vec<String>,
    },
    #[error("the plugin computed for more than {limit_ms} ms ([plugins] cpu_ms)")]
    CpuBudget { limit_ms: u64 },
    #[error("the call took longer than {limit_ms} ms ([plugins] timeout_ms)")]
    WallClock { limit_ms: u64 },
    #[error("the plugin asked for {asked} bytes of memory, the limit is {limit} ([plugins] memory_bytes)")]
    Memory { asked: usize, limit: usize },
    /// The answer is not one that the contract allows.
    #[error("the plugin's answer was refused: {0}")]
    Refused(String),
    /// The host failed, not the plugin: the same call may succeed later.
    #[error("{0}")]
    Host(String),
    #[error("no instance was free in the pool")]
    PoolExhausted,
}

/// Why there is no runtime.
#[derive(Debug, Error)]
pub enum RuntimeError {
    #[error("cannot start the WebAssembly engine: {0}")]
    Engine(String),
    #[error("cannot start the clock of the plugins")]
    Clock(#[source] std::io::Error),
    #[error("cannot read the plugins directory {directory:?}")]
    Directory { directory: std::path::PathBuf, source: std::io::Error },
}
