//! `[network]`: what of the inside may be reached, whom to trust, and who we say we are.

use serde::Deserialize;
use std::path::PathBuf;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// Private networks that deliveries may go to: `10.0.0.0/8`, `192.168.1.5`, `127.0.0.1:2525`.
    pub allow: Vec<String>,
    /// A file with certificates (PEM) that are trusted besides the system's.
    pub extra_ca: Option<PathBuf>,
    /// What a mail relay is told that this machine is called: `ci.example.org`, `[192.0.2.1]`.
    pub hello: Option<String>,
}
