//! From `[ssh]` to what the transport believes. What cannot be used is told at the start.

use crate::config;
use crate::transport::KnownHosts;
use crate::transport::NewHosts;
use crate::transport::SshSetup;
use crate::transport::check_identity;
use std::path::Path;
use std::path::PathBuf;

/// The known hosts of the machine, besides those of the user.
const OF_MACHINE: &str = "/etc/ssh/ssh_known_hosts";

/// `store`: beside it are the keys that are learned. They count also when no more are to be learned.
pub(super) fn setup(config: &config::Ssh, store: &Path, problems: &mut Vec<String>) -> SshSetup {
    if let Some(file) = config.known_hosts.as_deref().filter(|file| !file.is_file()) {
        problems.push(format!(
            "ssh.known_hosts: there is no file {}; make it, as `ssh-keyscan HOST` does, or name another",
            file.display()
        ));
    }
    if let Some(Err(error)) = config.identity.as_deref().map(check_identity) {
        problems.push(format!("ssh.identity: {error}"));
    }
    let files = config.known_hosts.clone().map_or_else(usual, |file| vec![file]);
    let new = if config.accept_new { NewHosts::Learned } else { NewHosts::Refused };
    SshSetup { hosts: KnownHosts { files, learned: Some(learned(store)), new }, identity: config.identity.clone() }
}

/// Those that `ssh` looks at, the user's first: there a remedy says to add to.
fn usual() -> Vec<PathBuf> {
    let of_user = std::env::home_dir().map(|home| home.join(".ssh/known_hosts"));
    of_user.into_iter().chain([PathBuf::from(OF_MACHINE)]).collect()
}

/// Beside the database: it is ours, and it is on a disk that takes what we write.
fn learned(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(".known_hosts");
    PathBuf::from(path)
}
