//! `[secrets]`: where secrets' values are read from when something is sent.

use serde::Deserialize;
use std::path::PathBuf;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// A file for each secret. A name `env:NAME` is read from the environment instead.
    pub directory: PathBuf,
}

impl Default for Secrets {
    fn default() -> Self {
        Self { directory: PathBuf::from("secrets") }
    }
}
