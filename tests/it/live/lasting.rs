//! Listeners that last: slow ones, many, quiet ones, those that are gone, and the end of the host.

use super::numbers;
use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::listening::Socket;
use campanile_tests::listening::Stream;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;

/// Changes that were added, in batches.
async fn changes(host: &TestHost, count: usize) {
    let comments = "why ".repeat(50);
    let call = json!({"method": "addChange", "params": {"author": "ada@example.org", "comments": comments}});
    for _ in 0..count.div_ceil(5_000) {
        let calls: Vec<&Value> = vec![&call; count.min(5_000)];
        let (status, body) = host.post("updates", &json!(calls)).await;
        assert!(status.is_success(), "{body}");
    }
}

#[tokio::test]
async fn who_does_not_read_for_long_reads_everything_afterwards() {
    const COUNT: i64 = 50_000;
    // However slow the machine is: that who is gone is closed is another test's.
    let setup = Setup::default().tuned(|tuning| tuning.write_deadline = Duration::from_secs(600));
    let host = setup.start().await;
    let mut stream = Stream::open(&host.client, &format!("{}/sse/listen/changes/*/new", host.url), None).await;
    let mut socket = Socket::open(&host.url).await;
    socket.consume("changes/*/new").await;
    changes(&host, COUNT as usize).await;
    let mut ids = (Vec::new(), Vec::new());
    for _ in 0..COUNT {
        ids.0.push(stream.next().await.message["changeid"].take());
        ids.1.push(socket.next().await["m"]["changeid"].take());
    }
    let all: Vec<i64> = (1..=COUNT).collect();
    assert!(numbers(&ids.0) == all && numbers(&ids.1) == all, "each once, in order");
}

#[tokio::test]
async fn large_events_come_whole_and_in_order() {
    let mut host = Setup::default().start().await;
    let comments = "x".repeat(300_000);
    for _ in 0..70 {
        host.update("addChange", json!({"comments": comments})).await;
    }
    // The first stand on disk alone, after a new start all do.
    for _ in 0..2 {
        let mut stream =
            Stream::open(&host.client, &format!("{}/sse/listen/changes/*/new?from=0", host.url), None).await;
        for changeid in 1..=70 {
            let told = stream.next().await;
            assert_eq!(told.message["changeid"], changeid);
            assert_eq!(told.message["comments"].as_str().map(str::len), Some(comments.len()));
        }
        drop(stream);
        host = host.stop().await.start().await;
    }
}

#[tokio::test]
async fn two_hundred_listen_and_all_hear_all() {
    let host = Setup::default().start().await;
    let mut listening = JoinSet::new();
    for number in 0..100 {
        let mut stream = Stream::open(&host.client, &format!("{}/sse/listen/changes/*/new", host.url), None).await;
        listening.spawn(async move { (number, stream.keys(200).await) });
        let mut socket = Socket::open(&host.url).await;
        socket.consume("changes/*/new").await;
        listening.spawn(async move { (number, socket.keys(200).await) });
    }
    host.listened(200).await;
    changes(&host, 200).await;
    let all: Vec<String> = (1..=200).map(|id| format!("changes/{id}/new")).collect();
    while let Some(heard) = listening.join_next().await {
        let (number, keys) = heard.expect("a listener");
        assert_eq!(keys, all, "listener {number}");
    }
    host.listened(0).await;
}

#[tokio::test]
async fn a_quiet_stream_gives_signs_of_life_with_its_position() {
    let setup = Setup::default().tuned(|tuning| tuning.live.keep_alive = Duration::from_millis(20));
    let host = setup.start().await;
    let mut stream = Stream::open(&host.client, &format!("{}/sse/listen/builds/*/*", host.url), None).await;
    assert_eq!(stream.last_id, "0");
    assert_eq!(stream.block().await.as_deref(), Some(": still here\nid: 0\n\n"));
    host.update("addChange", json!({})).await;
    let moved = ": still here\nid: 1\n\n";
    while stream.block().await.expect("a sign of life") != moved {}
    let mut socket = Socket::open(&host.url).await;
    assert!(socket.raw().await.is_ping());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_takes_nothing_is_closed_after_the_deadline() {
    let setup = Setup::default().tuned(|tuning| tuning.write_deadline = Duration::from_millis(200));
    let host = setup.start().await;
    let address = host.url.trim_start_matches("http://").to_owned();
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut deaf = socket.connect(address.parse().expect("an address")).await.expect("a connection");
    let request = format!("GET /sse/listen/changes/*/new HTTP/1.1\r\nhost: {address}\r\n\r\n");
    deaf.write_all(request.as_bytes()).await.expect("it is sent");
    host.listened(1).await;
    // More than the buffers of both sides hold.
    changes(&host, 20_000).await;
    host.listened(0).await;
    let mut read = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), deaf.read_to_end(&mut read)).await.expect("it ends");
    assert!(ended.is_err() || !read.ends_with(b"\r\n0\r\n\r\n"), "it is cut off");
}

#[tokio::test]
async fn the_end_of_the_host_ends_streams_at_once() {
    let setup = Setup::default();
    let host = ProcessHost::start(&setup).await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut stream = Stream::open(&client, &format!("{}/sse/listen/changes/*/*", host.url), None).await;
    let mut socket = Socket::open(&host.url).await;
    socket.consume("changes/*/*").await;
    let stopped = tokio::time::timeout(Duration::from_secs(10), host.terminate()).await.expect("it ends soon");
    assert_eq!(stopped, Some(0));
    assert_eq!(stream.block().await, None);
    assert_eq!(socket.frame().await, None);
}

#[tokio::test]
async fn the_host_in_this_process_waits_for_no_listener() {
    let host = Setup::default().start().await;
    let mut stream = Stream::open(&host.client, &format!("{}/sse/listen/changes/*/*", host.url), None).await;
    let mut socket = Socket::open(&host.url).await;
    let stopped = tokio::time::timeout(Duration::from_millis(900), host.stop()).await;
    assert!(stopped.is_ok(), "before the second that clients get which keep their connection");
    assert_eq!((stream.block().await, socket.frame().await), (None, None));
}
