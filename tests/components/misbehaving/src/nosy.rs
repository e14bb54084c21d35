//! Looking around: what is there to see and to reach.

use crate::remember;
use campanile_sdk::prelude::*;
use std::collections::hash_map::RandomState;
use std::fmt::Debug;
use std::hash::BuildHasher;
use std::net::TcpListener;
use std::net::TcpStream;
use std::net::ToSocketAddrs;
use std::net::UdpSocket;
use std::time::Instant;
use std::time::SystemTime;

/// Each way out, and what came of it.
pub(crate) fn reach() -> Vec<Effect> {
    vec![
        seen("variables", std::env::vars().count()),
        seen("arguments", std::env::args().count()),
        seen("file", failed(std::fs::read("/etc/passwd"))),
        seen("directory", failed(std::fs::read_dir("/"))),
        seen("write", failed(std::fs::write("/tmp/campanile", "x"))),
        seen("connect", failed(TcpStream::connect("127.0.0.1:1"))),
        seen("listen", failed(TcpListener::bind("127.0.0.1:0"))),
        seen("udp", failed(UdpSocket::bind("127.0.0.1:0"))),
        seen("resolve", failed("localhost:80".to_socket_addrs())),
    ]
}

pub(crate) fn times_and_chances() -> Vec<Effect> {
    let start = Instant::now();
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let again = Instant::now();
    vec![
        seen("seconds", since.as_secs()),
        seen("elapsed", (again - start).as_nanos()),
        seen("hash", RandomState::new().hash_one("the same")),
    ]
}

pub(crate) fn state(host: &impl Host) -> Vec<Effect> {
    vec![
        seen("forgotten", host.recall("forgotten")),
        seen("new", host.recall("new")),
        seen("keys", host.recall_keys("n")),
    ]
}

pub(crate) fn data(host: &impl Host) -> Vec<Effect> {
    vec![seen("missing", host.build(u64::MAX, Want::empty()).is_err()), seen("path", host.get("no/such/path").is_err())]
}

fn failed<T>(result: std::io::Result<T>) -> bool {
    result.is_err()
}

fn seen(what: &str, value: impl Debug) -> Effect {
    let text = format!("{value:?}");
    remember(what, serde_json::json!(text).to_string())
}
