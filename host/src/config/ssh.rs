//! `[ssh]`: which servers are believed, and who we log in as where a reporter names no key.

use serde::Deserialize;
use std::path::PathBuf;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ssh {
    /// A file of known hosts, instead of those that `ssh` looks at.
    pub known_hosts: Option<PathBuf>,
    /// Whether the key that an unknown host shows first is believed, and kept beside the database.
    pub accept_new: bool,
    /// The private key for commands that name none.
    pub identity: Option<PathBuf>,
}
