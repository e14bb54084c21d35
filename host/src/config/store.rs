//! `[store]` and `[plugins]`: the database and the plugins' directory.

use serde::Deserialize;
use std::path::PathBuf;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// The database file.
    pub path: PathBuf,
}

impl Default for Store {
    fn default() -> Self {
        Self { path: PathBuf::from("campanile.db") }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plugins {
    /// Each `*.wasm` in it is a plugin, named like the file.
    pub directory: PathBuf,
    /// Where compiled plugins are kept. Absent: `<store path>.plugins`.
    pub cache: Option<PathBuf>,
    /// The CPU time of one call, in milliseconds.
    pub cpu_ms: u64,
    /// The time of one call by the clock, in milliseconds.
    pub timeout_ms: u64,
    /// The memory of one call, in bytes.
    pub memory_bytes: usize,
}

impl Default for Plugins {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("plugins"),
            cache: None,
            cpu_ms: 1_000,
            timeout_ms: 30_000,
            memory_bytes: 64 * 1024 * 1024,
        }
    }
}
