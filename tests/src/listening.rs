//! Clients of live events, as a browser has them: a stream of Server-Sent Events, and a WebSocket in Buildbot's protocol.

use futures_util::SinkExt;
use futures_util::StreamExt;
use reqwest::Client;
use reqwest::Response;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// What does not come within this time fails its test.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open stream.
pub struct Stream {
    response: Response,
    read: Vec<u8>,
    /// How much of it was handed out.
    done: usize,
    /// What the stream said it is called.
    pub uuid: String,
    /// The last position that was told, as a browser keeps it.
    pub last_id: String,
}

/// A message of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The key, joined by slashes.
    pub key: String,
    pub message: Value,
    /// What this one had.
    pub id: Option<String>,
}

impl Stream {
    /// Opens `url`, from a position if one is given, and reads the handshake.
    pub async fn open(client: &Client, url: &str, last_id: Option<&str>) -> Self {
        let mut request = client.get(url);
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{url}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut stream = Self { response, read: Vec::new(), done: 0, uuid: String::new(), last_id: String::new() };
        let handshake = stream.block().await.expect("a handshake");
        let (_, event, data) = stream.fields(&handshake);
        assert_eq!(event, "handshake", "{handshake}");
        stream.uuid = data;
        stream
    }

    /// The next message; signs of life are passed over.
    pub async fn next(&mut self) -> Told {
        loop {
            let block = self.block().await.expect("the stream goes on");
            let (id, event, data) = self.fields(&block);
            if !event.is_empty() {
                assert_eq!(event, "event", "{block}");
                let mut data: Value = serde_json::from_str(&data).expect("JSON");
                let key: Vec<&str> = data["key"].as_array().expect("a key").iter().filter_map(Value::as_str).collect();
                return Told { key: key.join("/"), id, message: data["message"].take() };
            }
        }
    }

    /// So many messages' keys.
    pub async fn keys(&mut self, count: usize) -> Vec<String> {
        let mut keys = Vec::new();
        for _ in 0..count {
            keys.push(self.next().await.key);
        }
        keys
    }

    /// What comes next, as it stands there; nothing at the end.
    pub async fn block(&mut self) -> Option<String> {
        let mut looked_at = self.done;
        loop {
            if let Some(end) = self.read[looked_at..].windows(2).position(|two| two == b"\n\n") {
                let block = self.done..looked_at + end + 2;
                self.done = block.end;
                return Some(String::from_utf8(self.read[block].to_vec()).expect("UTF-8"));
            }
            self.read.drain(..std::mem::take(&mut self.done));
            looked_at = self.read.len().saturating_sub(1);
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("something comes");
            // A stream that is cut off ends as well.
            self.read.extend_from_slice(&chunk.ok().flatten()?);
        }
    }

    fn fields(&mut self, block: &str) -> (Option<String>, String, String) {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let id = field("id: ");
        if let Some(id) = &id {
            self.last_id.clone_from(id);
        }
        (id, field("event: ").unwrap_or_default(), field("data: ").unwrap_or_default())
    }
}

/// An open WebSocket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    commands: i64,
    /// Messages that came while an answer was waited for.
    early: Vec<Value>,
}

impl Socket {
    pub async fn open(host: &str) -> Self {
        Self::try_open(host, None).await.expect("a WebSocket")
    }

    /// As a page of that origin does it; else the status that was answered.
    pub async fn try_open(host: &str, origin: Option<&str>) -> Result<Self, StatusCode> {
        let mut request = host.replacen("http://", "ws://", 1).into_client_request().expect("an address");
        *request.uri_mut() = format!("{}ws", request.uri()).parse().expect("an address");
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((stream, _)) => Ok(Self { stream, commands: 0, early: Vec::new() }),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends a frame as it is.
    pub async fn send(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.expect("it is sent");
    }

    /// The answer to a command.
    pub async fn ask(&mut self, mut command: Value) -> Value {
        self.commands += 1;
        command["_id"] = json!(self.commands);
        self.send(&command.to_string()).await;
        loop {
            let frame = self.frame().await.expect("an answer");
            if frame.get("code").is_some() {
                assert_eq!(frame["_id"], command["_id"], "{frame}");
                return frame;
            }
            self.early.push(frame);
        }
    }

    pub async fn consume(&mut self, path: &str) {
        let answer = self.ask(json!({"cmd": "startConsuming", "path": path})).await;
        assert_eq!((&answer["msg"], &answer["code"]), (&json!("OK"), &json!(200)), "{answer}");
    }

    /// The next event.
    pub async fn next(&mut self) -> Value {
        if !self.early.is_empty() {
            return self.early.remove(0);
        }
        self.frame().await.expect("the WebSocket goes on")
    }

    pub async fn keys(&mut self, count: usize) -> Vec<String> {
        let mut keys = Vec::new();
        for _ in 0..count {
            keys.push(self.next().await["k"].as_str().expect("a key").to_owned());
        }
        keys
    }

    /// The next frame, parsed; nothing at the end.
    pub async fn frame(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("something comes");
            match message?.ok()? {
                Message::Text(text) => return Some(serde_json::from_str(&text).expect("JSON")),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// The next frame as it is.
    pub async fn raw(&mut self) -> Message {
        let message = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("something comes");
        message.expect("a frame").expect("the WebSocket goes on")
    }
}
