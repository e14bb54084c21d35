//! The allocator of a plugin: fast for a call, after which all memory is gone at once.
//!
//! The first places are in the plugin's own data, so that most calls never ask the host for more memory.
//! Not here: how places are found (`places.rs`), and limits, which are the host's.

mod places;

#[cfg(target_arch = "wasm32")]
mod global;

#[cfg(target_arch = "wasm32")]
pub use global::Memory;
