//! `[server]`: where the host listens, and who it says it is.

use super::problems::Reading;
use serde::Deserialize;
use std::net::SocketAddr;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port. This version has no tokens: only a loopback address is taken.
    pub listen: SocketAddr,
    /// The address of the CI system, as it stands in what reporters send.
    pub url: String,
    /// The name of the CI system.
    pub title: String,
    /// The largest body of a request, in bytes.
    pub max_body_bytes: usize,
    /// An append to a log of which nothing comes for so long is given up, in milliseconds.
    pub append_stall_ms: u64,
    /// After SIGTERM, running attempts may take so long, in milliseconds.
    pub drain_ms: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8010)),
            url: "http://localhost:8010/".to_owned(),
            title: "Campanile".to_owned(),
            max_body_bytes: 16 * 1024 * 1024,
            append_stall_ms: 300_000,
            drain_ms: 30_000,
        }
    }
}

pub(super) fn check(server: &Server, reading: &mut Reading) {
    if !server.listen.ip().is_loopback() {
        reading.problem(
            "server.listen",
            format!("{} is no loopback address; there are no tokens yet that would say who may write: listen on 127.0.0.1 and put a proxy with authentication in front", server.listen),
        );
    }
    let scheme = server.url.starts_with("http://") || server.url.starts_with("https://");
    if !scheme || !server.url.ends_with('/') {
        reading.problem("server.url", format!("{:?} must begin with http:// or https:// and end with /", server.url));
    }
}
