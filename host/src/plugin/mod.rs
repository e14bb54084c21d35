//! Plugins: WebAssembly components that are loaded from a directory and called, one fresh instance a call.
//!
//! The only place that knows wasmtime, and the only expansion of `wit/` in the host. The way in:
//!
//! ```text
//! Runtime::new      one engine, its pool and its limits
//! Plugins::load     the directory: what is there, and what is broken and why
//! Schema::check     settings: spelling, defaults, problems, marks
//! Caller            subscribe, handle, format: each one call, one budget, one report
//! ```
//!
//! Invariants: a store serves one call and is dropped, whatever the outcome. A guest reaches nothing but the
//! functions of its world: no file, no socket, no environment, no clock but the event's, no chance but the seed's.
//! What a guest does wrong is the outcome of its call, never an error of the host.
//!
//! Not here: which events a reporter gets and what becomes of its effects (`dispatch`), what it may reach (`grants`).

mod bindings;
mod cache;
mod call;
mod call_log;
mod caller;
mod change_hook;
mod convert;
mod directory;
mod engine;
mod error;
mod exports;
mod imports;
mod inspect;
mod limiter;
mod link;
mod load;
mod program;
mod reporter;
mod runtime;
pub mod settings;
mod sinks;
mod state;
#[cfg(test)]
mod tests;
mod world;

pub use call::CallReport;
pub use call_log::LogEntry;
pub use call_log::LogLevel;
pub use call_log::LogOrigin;
pub use caller::Caller;
pub use caller::Occasion;
pub use caller::Overlay;
pub use change_hook::ChangeHook;
pub use change_hook::HookLogin;
pub use directory::Plugins;
pub use error::CallError;
pub use error::RuntimeError;
pub use load::BrokenPlugin;
pub use load::Descriptor;
pub use load::Kind;
pub use load::Plugin;
pub use reporter::Reporter;
pub use runtime::Limits;
pub use runtime::Runtime;
pub use runtime::RuntimeConfig;
