//! The key of this machine: a file beside the database by which `campanile token` reaches the host that is running.
//!
//! Who can read it could as well read and change the database, so it opens everything. It is as old as the process: each
//! start makes another one.

use crate::model::Token;
use anyhow::Context;
use serde::Deserialize;
use serde::Serialize;
use std::fs;
use std::io::ErrorKind;
use std::io::Write;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

/// Only who runs the host may read and write it.
const MODE: u32 = 0o600;

/// Where the host is, and what opens it.
#[derive(Serialize, Deserialize)]
pub struct LocalKey {
    pub url: String,
    pub token: String,
}

/// Writes the key of the host that listens at `address`.
pub(super) fn write(store: &Path, address: SocketAddr, token: &Token) -> anyhow::Result<()> {
    let path = path(store);
    remove(store);
    let key = LocalKey { url: format!("http://{}", reachable(address)), token: token.reveal().to_owned() };
    let text = serde_json::to_string(&key).context("writing the key of this machine")?;
    // Made anew, so that nobody else has it open and its mode is ours from the first byte on.
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(&path)
        .with_context(|| format!("making {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("writing {}", path.display()))
}

/// The key of the host that runs on this database.
pub fn read(store: &Path) -> anyhow::Result<LocalKey> {
    let path = path(store);
    let text = fs::read_to_string(&path).with_context(|| {
        format!("reading {}: run this as the user that the host runs as, or give --server and a token", path.display())
    })?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

/// The key is gone with its host.
pub(super) fn remove(store: &Path) {
    let path = path(store);
    if let Err(error) = fs::remove_file(&path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(%error, file = %path.display(), "an old key stays; it opens nothing");
    }
}

fn path(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(".key");
    PathBuf::from(path)
}

/// Who listens everywhere is reached on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
