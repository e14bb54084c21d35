//! `[network]`: what of the inside may be reached, and whom to trust.

use serde::Deserialize;
use std::path::PathBuf;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// Private networks that deliveries may go to: `10.0.0.0/8`, `192.168.1.5`, `127.0.0.1:2525`.
    pub allow: Vec<String>,
    /// A file with certificates (PEM) that are trusted besides the system's.
    pub extra_ca: Option<PathBuf>,
}
