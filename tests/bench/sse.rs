//! Server-Sent Events to 1,000 listeners: against axum that writes ready-made text to as many sockets of the same kind.
//!
//! Time counts from the sending of the update, the commit included (for axum: from when the text is handed over), until the
//! last listener has read the last byte of it: the answer may come after the listeners have it. All listeners share one
//! thread, which costs both alike.

use crate::clients::Client;
use crate::clients::here;
use crate::host;
use crate::host::Host;
use crate::mix;
use crate::rounds;
use crate::rounds::percentile;
use crate::table::Goal;
use crate::table::Row;
use crate::table::per_second;
use crate::table::seconds;
use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::serve::ListenerExt;
use futures_util::StreamExt;
use serde_json::Value;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Instant;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::broadcast;
use tokio::task::LocalSet;

const LISTENERS: usize = 1000;

/// Events of a burst, and single ones.
const BURST: usize = 1000;
const SINGLE: usize = 200;

/// As much as the host sends at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Bytes from the end of a read in which the mark of the last message stands.
const TAIL: usize = 600;

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let host = Host::start(runtime, &host::setup());
    let subject = mix::subjects(host.address(), 1)[0];
    let crowd = Crowd::gather(host.address(), "/sse/listen/steps/*/updated");
    let (lines, axum) = axum(runtime);
    let readers = Crowd::gather(axum, "/lines");
    let (mut round, mut ours, mut limit) = (0, Vec::new(), Vec::new());
    for _ in 0..SINGLE {
        round += 1;
        let sent = update(host.address(), subject.step, round..round + 1);
        ours.push(crowd.reached(round).saturating_duration_since(sent).as_secs_f64());
        let handed = Instant::now();
        let _ = lines.send(line(subject.step, round).into());
        limit.push(readers.reached(round).duration_since(handed).as_secs_f64());
    }
    let shown = |times: &[f64]| [0.5, 0.99].map(|part| seconds(percentile(times.to_vec(), part))).join(", ");
    let ratio = percentile(ours.clone(), 0.5) / percentile(limit.clone(), 0.5);
    let latency = Row::new(
        "update sent to the last of 1,000 SSE listeners, p50, p99",
        shown(&ours),
        (format!("axum ready-made {}", shown(&limit)), ratio),
        Goal::None,
    );
    let rate =
        |from: Instant, to: Instant| (BURST * LISTENERS) as f64 / to.saturating_duration_since(from).as_secs_f64();
    let next = std::cell::Cell::new(round + 1);
    let burst = || {
        let first = next.get();
        next.set(first + BURST);
        first..first + BURST
    };
    let figure = || {
        let numbers = burst();
        let last = numbers.end - 1;
        rate(update(host.address(), subject.step, numbers), crowd.reached(last))
    };
    let ready = || {
        let numbers = burst();
        let last = numbers.end - 1;
        let pieces = pieces(subject.step, numbers);
        let handed = Instant::now();
        for piece in pieces {
            let _ = lines.send(piece);
        }
        rate(handed, readers.reached(last))
    };
    let (figure, limit, ratio) = rounds::in_turns(figure, ready);
    host.stop();
    let limit = (format!("axum ready-made {}", per_second(limit)), ratio);
    vec![Row::new("SSE, bursts of 1,000 events to 1,000 listeners", per_second(figure), limit, Goal::None), latency]
}

fn mark(number: usize) -> String {
    format!("mark {number:09}.")
}

/// Tells of the step so often, in one batch. Returns when it was sent.
fn update(address: SocketAddr, step: i64, numbers: std::ops::Range<usize>) -> Instant {
    let call =
        |number| json!({"method": "setStepStateString", "params": {"stepid": step, "state_string": mark(number)}});
    let calls = Value::from(numbers.map(call).collect::<Vec<_>>()).to_string();
    here(async {
        let mut client = Client::connect(address).await;
        let sent = Instant::now();
        client.post("updates", &calls).await;
        sent
    })
}

/// A message as the host has it, near enough.
fn line(step: i64, number: usize) -> String {
    format!(
        "id: {number}\nevent: event\ndata: {{\"key\": [\"steps\", \"{step}\", \"updated\"], \"message\": {{\"stepid\":{step},\
         \"number\":0,\"name\":\"compile\",\"buildid\":1,\"started_at\":1700000000,\"locks_acquired_at\":null,\
         \"complete\":false,\"complete_at\":null,\"state_string\":\"{}\",\"results\":null,\"urls\":[],\"hidden\":false}}}}\n\n",
        mark(number)
    )
}

fn pieces(step: i64, numbers: std::ops::Range<usize>) -> Vec<Bytes> {
    let mut pieces = vec![String::new()];
    for number in numbers {
        if pieces.last().is_some_and(|piece| piece.len() >= PIECE_BYTES) {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push_str(&line(step, number));
        }
    }
    pieces.into_iter().map(Bytes::from).collect()
}

/// A server that hands on what it is given.
fn axum(runtime: &Runtime) -> (broadcast::Sender<Bytes>, SocketAddr) {
    let (lines, _) = broadcast::channel::<Bytes>(BURST);
    let sender = lines.clone();
    let handler = move || {
        let stream = futures_util::stream::unfold(sender.subscribe(), |mut lines| async {
            lines.recv().await.ok().map(|line| (Ok::<_, std::convert::Infallible>(line), lines))
        });
        let first = futures_util::stream::once(async { Ok(Bytes::from_static(b": hello\n\n")) });
        async move { ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(first.chain(stream))) }
    };
    let address = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket"));
        let router = Router::new().route("/lines", get(handler));
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    });
    (lines, address)
}

/// Listeners on a thread of their own, which says when the last of them has read a mark.
struct Crowd {
    arrivals: mpsc::Receiver<(usize, Instant)>,
}

impl Crowd {
    /// Returns when all of them listen.
    fn gather(address: SocketAddr, path: &'static str) -> Self {
        let (arrived, arrivals) = mpsc::channel();
        let (ready, gathered) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let listeners = LocalSet::new();
            for _ in 0..LISTENERS {
                listeners.spawn_local(listen(address, path, (ready.clone(), arrived.clone())));
            }
            runtime.block_on(listeners);
        });
        for _ in 0..LISTENERS {
            gathered.recv().expect("all of them are let in");
        }
        Self { arrivals }
    }

    /// When the last one had read the mark.
    fn reached(&self, number: usize) -> Instant {
        let arrivals = std::iter::from_fn(|| self.arrivals.recv().ok()).filter(|(found, _)| *found == number);
        arrivals.take(LISTENERS).map(|(_, at)| at).max().expect("they listen")
    }
}

async fn listen(address: SocketAddr, path: &str, (ready, arrived): (mpsc::Sender<()>, mpsc::Sender<(usize, Instant)>)) {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let (mut buffer, mut tail, mut greeted) = (vec![0; PIECE_BYTES], Vec::new(), false);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let now = Instant::now();
        tail.extend_from_slice(&buffer[read.saturating_sub(TAIL)..read]);
        tail.drain(..tail.len().saturating_sub(TAIL));
        // The head and the first message may come apart.
        if !greeted && tail.windows(4).any(|four| four == b"\r\n\r\n") {
            (greeted, _) = (true, ready.send(()));
        }
        if let Some(number) = last_mark(&tail) {
            let _ = arrived.send((number, now));
            tail.clear();
        }
    }
}

fn last_mark(tail: &[u8]) -> Option<usize> {
    let at = tail.windows(5).rposition(|five| five == b"mark ")? + 5;
    let digits = tail.get(at..at + 9).filter(|_| tail.get(at + 9) == Some(&b'.'))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
