//! Logs that are larger than what the host may hold in memory: a process of its own, its memory as the kernel tells it.

use bytes::Bytes;
use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use campanile_tests::finished_build;
use futures_util::stream;
use reqwest::Body;
use reqwest::Client;
use serde_json::Value;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;

const MIB: u64 = 1024 * 1024;

/// What the host may grow by, in KiB.
const MOST_KIB: u64 = 32 * 1024;

/// What stands above the lines of a `stdio` log.
const PREAMBLE: &[u8] = b"Builder: linux\nBuild number: 1\n";

/// A MiB of lines as a compiler writes them, each begun with `stream`; the first names the block.
struct Block {
    lines: String,
    stream: &'static str,
}

impl Block {
    fn new(stream: &'static str) -> Self {
        let (mut lines, mut state, mut bytes) = (String::new(), 1_u64, 0);
        while bytes < MIB {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (part, size, hash) = (state % 5000, (state >> 20) % 90_000, state >> 32);
            let line = format!("[{part:>4}/5000] CXX src/part_{part}/unit_{size}.cc -> obj/{hash:08x}.o\n");
            bytes += line.len() as u64;
            lines.push_str(stream);
            lines.push_str(&line);
        }
        Self { lines, stream }
    }

    fn numbered(&self, number: u64) -> Bytes {
        Bytes::from(format!("{}block {number}\n{}", self.stream, self.lines))
    }
}

async fn host_with_log() -> (ProcessHost, u64) {
    let host = ProcessHost::start(&Setup::default()).await;
    let builder = host.post("updates/findBuilderId", &json!({"name": "linux"})).await["result"].as_i64();
    host.post("updates", &finished_build(builder.expect("an id"), 0)).await;
    let log = host.post("updates/addLog", &json!({"stepid": 1, "name": "out", "type": "s"})).await["result"].as_u64();
    (host, log.expect("an id"))
}

async fn send(host: &ProcessHost, client: &Client, log: u64, blocks: u64) -> Value {
    let block = Block::new("o");
    let body = stream::iter((0..blocks).map(move |number| Ok::<_, std::io::Error>(block.numbered(number))));
    let request = client.post(format!("{}/api/v2/logs/{log}/append?first_line=0", host.url));
    let request = request.header("content-type", "application/octet-stream").body(Body::wrap_stream(body));
    let answer = request.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.status());
    serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON")
}

fn expected(blocks: u64) -> (u64, Vec<u8>) {
    let (block, mut hash, mut bytes) = (Block::new(""), Sha256::new(), PREAMBLE.len());
    hash.update(PREAMBLE);
    for number in 0..blocks {
        let block = block.numbered(number);
        bytes += block.len();
        hash.update(&block);
    }
    (bytes as u64, hash.finalize().to_vec())
}

/// Reads the whole log: how many bytes, and their hash.
async fn receive(url: &str, client: &Client, log: u64) -> (u64, Vec<u8>) {
    let mut answer = client.get(format!("{url}/api/v2/logs/{log}/raw")).send().await.expect("an answer");
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    while let Some(chunk) = answer.chunk().await.expect("the log is whole") {
        bytes += chunk.len() as u64;
        hash.update(&chunk);
    }
    (bytes, hash.finalize().to_vec())
}

fn client() -> Client {
    Client::builder().no_proxy().build().expect("a client")
}

/// How much more the host had at its worst than `before`.
fn grown(host: &ProcessHost, before: u64) -> u64 {
    host.status_kib("VmHWM").saturating_sub(before)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gibibyte_goes_in_and_out_and_leaves_no_trace_in_memory() {
    const BLOCKS: u64 = 1024;
    let (host, log) = host_with_log().await;
    let before = host.status_kib("VmRSS");
    let started = std::time::Instant::now();
    let answer = send(&host, &client(), log, BLOCKS).await;
    let (in_time, in_kib) = (started.elapsed(), grown(&host, before));
    assert!(answer["first_line"] == 0 && answer["replaced"] == 0 && answer["appended"] == answer["num_lines"]);
    let started = std::time::Instant::now();
    let received = receive(&host.url, &client(), log).await;
    let (out_time, out_kib) = (started.elapsed(), grown(&host, before));
    println!("in {in_time:.1?}, +{in_kib} KiB; out {out_time:.1?}, +{out_kib} KiB; {before} KiB before");
    assert_eq!(received, expected(BLOCKS));
    assert!(received.0 >= 1024 * MIB, "{} bytes", received.0);
    assert!(out_kib < MOST_KIB, "it grew by {in_kib} KiB on the way in, by {out_kib} KiB in all");
    assert_eq!(host.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_readers_of_a_large_log_share_what_little_there_is() {
    const BLOCKS: u64 = 64;
    let (host, log) = host_with_log().await;
    let before = host.status_kib("VmRSS");
    send(&host, &client(), log, BLOCKS).await;
    // Some that begin and then read nothing: more than the host has connections for reading.
    let client = client();
    let raw = format!("{}/api/v2/logs/{log}/raw", host.url);
    let mut idle = Vec::new();
    for _ in 0..8 {
        let mut answer = client.get(&raw).send().await.expect("an answer");
        assert!(answer.chunk().await.expect("a chunk").is_some());
        idle.push(answer);
    }
    let readers: Vec<_> = (0..20)
        .map(|_| {
            let (client, url) = (client.clone(), host.url.clone());
            tokio::spawn(async move { receive(&url, &client, log).await })
        })
        .collect();
    let right = expected(BLOCKS);
    for reader in readers {
        assert!(reader.await.expect("it reads") == right);
    }
    let grown = grown(&host, before);
    println!("+{grown} KiB");
    assert!(grown < MOST_KIB, "it grew by {grown} KiB");
    drop(idle);
    assert_eq!(host.terminate().await, Some(0));
}
