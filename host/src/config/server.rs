//! `[server]`: where the host listens, and who it says it is.

use super::problems::Reading;
use glob::Pattern;
use serde::Deserialize;
use std::net::SocketAddr;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port. Until the first token is made, the host listens on loopback whatever stands here.
    pub listen: SocketAddr,
    /// The address of the CI system, as it stands in what reporters send.
    pub url: String,
    /// The name of the CI system.
    pub title: String,
    /// Names besides that in `url` by which the host is asked for.
    pub names: Vec<String>,
    /// Whether what Buildbot shows to everybody can be read without a token.
    pub anonymous_read: bool,
    /// Origins of web pages that may use the API, as globs; absent: that of `url`.
    pub allowed_origins: Option<Vec<String>>,
    /// The largest body of a request, in bytes.
    pub max_body_bytes: usize,
    /// Connections at one time; more wait.
    pub max_connections: usize,
    /// A request's head must be there after so long, in milliseconds; a connection without a request is closed after it.
    pub header_timeout_ms: u64,
    /// A request's body must be there, and its answer begin, after so long, in milliseconds. Streams take their time.
    pub request_timeout_ms: u64,
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
            names: Vec::new(),
            anonymous_read: true,
            allowed_origins: None,
            max_body_bytes: 16 * 1024 * 1024,
            max_connections: 4096,
            header_timeout_ms: 30_000,
            request_timeout_ms: 60_000,
            append_stall_ms: 300_000,
            drain_ms: 30_000,
        }
    }
}

pub(super) fn check(server: &Server, reading: &mut Reading) {
    let scheme = server.url.starts_with("http://") || server.url.starts_with("https://");
    if !scheme || !server.url.ends_with('/') {
        reading.problem("server.url", format!("{:?} must begin with http:// or https:// and end with /", server.url));
    }
    for (index, name) in server.names.iter().enumerate() {
        if name.is_empty() || name.contains(['/', '*', ' ']) || name.parse::<SocketAddr>().is_ok() {
            reading.problem(
                &format!("server.names[{index}]"),
                format!("{name:?} must be the name of a host, such as ci.example.org"),
            );
        }
    }
    for (index, origin) in server.allowed_origins.iter().flatten().enumerate() {
        let whole = origin == "*" || origin.contains("://");
        if !whole || origin.ends_with('/') || Pattern::new(origin).is_err() {
            reading.problem(
                &format!("server.allowed_origins[{index}]"),
                format!("{origin:?} must be an origin such as https://ci.example.org or https://*.example.org, without a path"),
            );
        }
    }
    let bounds = [
        ("max_connections", server.max_connections == 0),
        ("header_timeout_ms", server.header_timeout_ms == 0),
        ("request_timeout_ms", server.request_timeout_ms == 0),
    ];
    for (key, _) in bounds.into_iter().filter(|(_, is_zero)| *is_zero) {
        reading.problem(&format!("server.{key}"), "0 would let nobody in");
    }
}
