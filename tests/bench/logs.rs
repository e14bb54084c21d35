//! Logs in and out over HTTP, one client: in, against a thread that compresses the same chunks and writes them with the
//! host's settings; out, against axum that streams the same bytes from memory.

use crate::host;
use crate::host::Host;
use crate::rounds;
use crate::table::Goal;
use crate::table::Row;
use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::routing::get;
use campanile::store::Options;
use campanile::store::Store;
use campanile_tests::finished_build;
use futures_util::stream;
use rusqlite::Connection;
use serde_json::Value;
use serde_json::json;
use std::fmt::Write as _;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::time::Instant;
use tokio::runtime::Runtime;

const MIB: usize = 1024 * 1024;

/// What goes in and out in one round, in MiB.
const ROUND: usize = 256;

/// As the host's: bytes of a chunk, and of a transaction.
const CHUNK: usize = 64 * 1024;
const BATCH: usize = 512 * 1024;

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let host = Host::start(runtime, &host::setup());
    let lines = lines();
    let calls = finished_build(1, 0);
    post(host.address(), "updates/findBuilderId", "application/json", json!({"name": "linux"}).to_string().as_bytes());
    post(host.address(), "updates", "application/json", calls.to_string().as_bytes());
    let folder = tempfile::tempdir().expect("a folder");
    let mut log = 0;
    let served_in = || {
        let call = json!({"stepid": 1, "name": "out", "type": "s"}).to_string();
        log =
            post(host.address(), "updates/addLog", "application/json", call.as_bytes())["result"].as_u64().unwrap_or(0);
        append(host.address(), log, &lines)
    };
    let mut rounds = 0;
    let bare_in = || {
        rounds += 1;
        bare(runtime, &folder.path().join(format!("bare-{rounds}.db")), &lines)
    };
    let into = rounds::in_turns(served_in, bare_in);
    let constant = constant(runtime, lines.clone());
    let path = format!("/api/v2/logs/{log}/raw");
    let out = rounds::in_turns(|| read(host.address(), &path), || read(constant, "/"));
    host.stop();
    let row = |what: &str, by: &str, (figure, limit, ratio): (f64, f64, f64), goal| {
        Row::new(what, format!("{figure:.0} MiB/s"), (format!("{by} {limit:.0} MiB/s"), ratio), goal)
    };
    vec![
        row("a log in, one stream", "bare writer, zstd", into, Goal::AtLeast(0.7)),
        row("a log out, raw, one reader", "axum, from memory", out, Goal::AtLeast(0.3)),
    ]
}

/// A MiB of lines as a compiler writes them.
fn lines() -> Bytes {
    let (mut lines, mut state) = (String::new(), 1_u64);
    while lines.len() < MIB {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (part, size, hash) = (state % 5000, (state >> 20) % 90_000, state >> 32);
        let _ = writeln!(lines, "o[{part:>4}/5000] CXX src/part_{part}/unit_{size}.cc -> obj/{hash:08x}.o");
    }
    Bytes::from(lines)
}

fn rate(started: Instant) -> f64 {
    ROUND as f64 / started.elapsed().as_secs_f64()
}

/// Sends a request and returns the connection, on which the answer comes.
fn send(address: SocketAddr, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("a socket");
    stream.write_all(format!("{head}\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes()).expect("it reads");
    stream
}

/// The body of an answer that is a success.
fn answer(mut stream: TcpStream) -> Value {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the server answers");
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 200"), "{text}");
    serde_json::from_str(body).expect("JSON")
}

fn post(address: SocketAddr, path: &str, kind: &str, body: &[u8]) -> Value {
    let head = format!("POST /api/v2/{path} HTTP/1.1\r\ncontent-type: {kind}\r\ncontent-length: {}", body.len());
    let mut stream = send(address, &head);
    stream.write_all(body).expect("it reads");
    answer(stream)
}

fn append(address: SocketAddr, log: u64, lines: &[u8]) -> f64 {
    let started = Instant::now();
    let length = lines.len() * ROUND;
    let kind = "content-type: application/octet-stream";
    let mut stream =
        send(address, &format!("POST /api/v2/logs/{log}/append HTTP/1.1\r\n{kind}\r\ncontent-length: {length}"));
    for _ in 0..ROUND {
        stream.write_all(lines).expect("it reads");
    }
    assert!(answer(stream)["num_lines"].as_u64() > Some(1_000_000), "all lines are there");
    rate(started)
}

fn read(address: SocketAddr, path: &str) -> f64 {
    let started = Instant::now();
    let mut stream = send(address, &format!("GET {path} HTTP/1.1"));
    let (mut buffer, mut bytes) = (vec![0; CHUNK], 0);
    loop {
        match stream.read(&mut buffer).expect("the server answers") {
            0 => break,
            more => bytes += more,
        }
    }
    assert!(bytes > ROUND * MIB * 9 / 10, "{bytes} bytes");
    rate(started)
}

/// Streams the same bytes.
fn constant(runtime: &Runtime, lines: Bytes) -> SocketAddr {
    let handler = move || {
        let chunks = lines.len() / CHUNK * ROUND;
        let lines = lines.clone();
        let piece = move |number: usize| {
            let at = number % (lines.len() / CHUNK) * CHUNK;
            Ok::<_, std::io::Error>(lines.slice(at..at + CHUNK))
        };
        async move { Body::from_stream(stream::iter((0..chunks).map(piece))) }
    };
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(handler))).await });
        address
    })
}

/// One thread: the same chunks, the same transactions, an event each.
fn bare(runtime: &Runtime, path: &std::path::Path, lines: &[u8]) -> f64 {
    runtime.block_on(async { Store::open(&Options::new(path)).expect("a store").close().await });
    let connection = Connection::open(path).expect("the database opens");
    for (pragma, value) in [("synchronous", "FULL"), ("cache_size", "-8192"), ("wal_autocheckpoint", "4000")] {
        connection.pragma_update(None, pragma, value).expect("a pragma");
    }
    connection.pragma_update(None, "foreign_keys", "OFF").expect("a pragma");
    let started = Instant::now();
    let mut packer = zstd::bulk::Compressor::new(3).expect("a compressor");
    let mut line = 0;
    for batch in 0..ROUND * MIB / BATCH {
        connection.execute_batch("BEGIN IMMEDIATE").expect("a transaction");
        for chunk in 0..BATCH / CHUNK {
            let at = (batch * BATCH + chunk * CHUNK) % MIB;
            let content = &lines[at..at + CHUNK];
            let packed = packer.compress(content).expect("it shrinks");
            let count = content.iter().filter(|byte| **byte == b'\n').count() as i64;
            connection
                .prepare_cached("INSERT INTO logchunks (logid, first_line, last_line, bytes, compressed, content) VALUES (1, ?, ?, ?, 4, ?)")
                .and_then(|mut insert| insert.execute((line, line + count - 1, CHUNK, packed)))
                .expect("it is written");
            line += count;
        }
        connection
            .prepare_cached("INSERT INTO events (at, topics, body) VALUES (0, 'logs/1/append', '{}')")
            .and_then(|mut insert| insert.execute([]))
            .expect("it is written");
        connection.execute_batch("COMMIT").expect("a commit");
    }
    rate(started)
}
