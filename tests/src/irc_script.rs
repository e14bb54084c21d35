//! A chat server of which a test says every line: for what servers do that one cannot ask them for.

use std::time::Duration;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::Instant;

/// What does not come within this time fails the test.
const PATIENCE: Duration = Duration::from_secs(30);

/// It takes one client after another.
pub struct ScriptedIrc {
    pub port: u16,
    listener: TcpListener,
    client: Option<(BufReader<OwnedReadHalf>, OwnedWriteHalf)>,
    /// All that came, for the message of a test that fails.
    log: Vec<String>,
    /// Whether it says that it took what was said to it.
    pub confirms: bool,
}

impl ScriptedIrc {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        Self { port, listener, client: None, log: Vec::new(), confirms: true }
    }

    /// The next client, whose connection is open and nothing more.
    pub async fn accept(&mut self) {
        let accepted = tokio::time::timeout(PATIENCE, self.listener.accept()).await.expect("a client comes");
        let (reader, writer) = accepted.expect("a connection").0.into_split();
        self.client = Some((BufReader::new(reader), writer));
    }

    /// The next client, logged in as `bot`, with these words about the server.
    pub async fn welcome(&mut self, support: &str) {
        self.accept().await;
        self.until("CAP LS").await;
        self.say(":s CAP * LS :").await;
        self.until("CAP END").await;
        self.greet(support).await;
    }

    pub async fn greet(&mut self, support: &str) {
        self.say(":s 001 bot :hello").await;
        self.say(&format!(":s 005 bot {support} :are supported")).await;
        self.say(":s 376 bot :end").await;
    }

    /// A line for the client.
    pub async fn say(&mut self, line: &str) {
        let (_, writer) = self.client.as_mut().expect("a client");
        writer.write_all(format!("{line}\r\n").as_bytes()).await.expect("the client is there");
    }

    /// Hangs up.
    pub fn hang_up(&mut self) {
        self.client = None;
    }

    /// The next line of the client, but for questions whether something was taken, which are answered.
    pub async fn next(&mut self) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let line = self.line(end).await.unwrap_or_else(|| panic!("nothing more is said; so far: {:#?}", self.log));
            match line.strip_prefix("PING :").filter(|_| self.confirms) {
                Some(word) => self.say(&format!(":s PONG s :{word}")).await,
                None => return line,
            }
        }
    }

    /// Says that it took what was said to it, until something else has ended.
    pub async fn serves<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = std::pin::pin!(other);
        let end = Instant::now() + PATIENCE;
        loop {
            let line = tokio::select! {
                ended = &mut other => return ended,
                line = self.line(end) => line.unwrap_or_else(|| panic!("it does not end; so far: {:#?}", self.log)),
            };
            if let Some(word) = line.strip_prefix("PING :") {
                self.say(&format!(":s PONG s :{word}")).await;
            }
        }
    }

    /// Every line, also the questions, until there is none for so long.
    pub async fn all_for(&mut self, time: Duration) -> Vec<String> {
        let end = Instant::now() + time;
        let mut lines = Vec::new();
        while let Some(line) = self.line(end).await {
            if let Some(word) = line.strip_prefix("PING :") {
                self.say(&format!(":s PONG s :{word}")).await;
            }
            lines.push(line);
        }
        lines
    }

    /// The next line that begins so.
    pub async fn until(&mut self, start: &str) -> String {
        loop {
            let line = self.next().await;
            if line.starts_with(start) {
                return line;
            }
        }
    }

    async fn line(&mut self, end: Instant) -> Option<String> {
        let (reader, _) = self.client.as_mut().expect("a client");
        let mut line = String::new();
        let read = tokio::time::timeout_at(end, reader.read_line(&mut line)).await.ok()?;
        let line = line.trim_end().to_owned();
        self.log.push(line.clone());
        (read.expect("the client is there") > 0).then_some(line)
    }
}
