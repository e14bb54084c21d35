//! Cheap HTTP clients on keep-alive sockets, all on the thread that asks for them: what they cost is not the host's.

use std::net::SocketAddr;
use std::time::Duration;
use std::time::Instant;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// One connection, one request at a time.
pub(crate) struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// Writes the next body, and names the path below `/api/v2/` for it.
pub(crate) type Script = Box<dyn FnMut(&mut String) -> &'static str>;

/// What a load came to.
pub(crate) struct Load {
    pub(crate) requests: usize,
    /// Of all answers' bodies.
    pub(crate) bytes: usize,
    pub(crate) seconds: f64,
}

impl Load {
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, request: Vec::new(), answer: Vec::new() }
    }

    /// The answer's body; it must be a success.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> &[u8] {
        self.request.clear();
        let length = body.len();
        let head = format!(
            "POST /api/v2/{path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        self.request.extend_from_slice(head.as_bytes());
        self.request.extend_from_slice(body.as_bytes());
        self.exchange().await
    }

    /// The same without a body.
    pub(crate) async fn get(&mut self, path: &str) -> &[u8] {
        self.request.clear();
        let head = format!("GET /api/v2/{path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\n\r\n");
        self.request.extend_from_slice(head.as_bytes());
        self.exchange().await
    }

    /// The answer's body to a request as it stands.
    pub(crate) async fn raw(&mut self, request: &str) -> &[u8] {
        self.request.clear();
        self.request.extend_from_slice(request.as_bytes());
        self.exchange().await
    }

    async fn exchange(&mut self) -> &[u8] {
        self.stream.write_all(&self.request).await.expect("the server reads");
        self.answer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.answer).await.expect("the server answers");
            assert!(read > 0, "the server closed");
            if let Some(start) = whole(&self.answer) {
                let text = || String::from_utf8_lossy(&self.answer).into_owned();
                assert!(self.answer.starts_with(b"HTTP/1.1 20"), "{}", text());
                return &self.answer[start..];
            }
        }
    }
}

/// Where the body begins, once all of it is there.
fn whole(answer: &[u8]) -> Option<usize> {
    let start = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..start]).ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let length: usize = length.trim().parse().expect("a number");
    (answer.len() >= start + length).then_some(start)
}

/// Runs a task on this thread.
pub(crate) fn here<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

/// One client a script, each as fast as it is answered, for so long.
pub(crate) fn load(address: SocketAddr, scripts: Vec<Script>, time: Duration) -> Load {
    here(async {
        let mut clients = Vec::new();
        for script in scripts {
            clients.push((Client::connect(address).await, script));
        }
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for (mut client, mut script) in clients {
            tasks.spawn_local(async move {
                let (mut requests, mut bytes, mut body) = (0, 0, String::new());
                while started.elapsed() < time {
                    body.clear();
                    let path = script(&mut body);
                    bytes += client.post(path, &body).await.len();
                    requests += 1;
                }
                (requests, bytes)
            });
        }
        let (mut requests, mut bytes) = (0, 0);
        while let Some(done) = tasks.join_next().await {
            let (r, b) = done.expect("a client");
            (requests, bytes) = (requests + r, bytes + b);
        }
        Load { requests, bytes, seconds: started.elapsed().as_secs_f64() }
    })
}
