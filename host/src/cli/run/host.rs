//! The host as one long talk sees it: one client for all calls, and of every call that is not done, whether it is worth
//! another try.

use crate::cli::client::Server;
use anyhow::Context;
use reqwest::Client;
use reqwest::RequestBuilder;
use reqwest::Response;
use serde_json::Value;
use std::time::Duration;
use thiserror::Error;
use url::Url;

/// The longest answer that is read: 16 MiB.
const MOST_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// A connection that does not stand within this time does not come.
const CONNECT: Duration = Duration::from_secs(10);

/// Why a call was not done.
#[derive(Debug, Error)]
pub(super) enum Trouble {
    /// It may be done later.
    #[error("{why}")]
    Away { why: String, fate: Fate },
    /// Who calls may not.
    #[error("{0}")]
    NotAllowed(String),
    /// It will not be done, however often it is asked for.
    #[error("{message}")]
    Refused { status: u16, message: String, body: Value },
}

/// What became of a call that was not answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// Nobody was there to hear it, or who was there said no.
    #[default]
    NotDone,
    /// A proxy says that there is no host behind it.
    HardlyDone,
    /// It may have been done.
    Unknown,
}

/// A running host, or one that is away. Cheap to clone.
#[derive(Clone)]
pub(super) struct Host {
    client: Client,
    root: Url,
    patience: Duration,
    pub(super) url: String,
}

impl Host {
    /// `patience`: so long an answer is waited for.
    pub(super) fn new(server: &Server, patience: Duration) -> anyhow::Result<Self> {
        let url = server.root().to_owned();
        let root = Url::parse(&url).context("the address of the host (--server, CAMPANILE_SERVER) is no URL")?;
        Ok(Self { client: server.client()?, root, patience, url })
    }

    /// What the host is remembered by: its address without the name and password that may stand in it.
    pub(super) fn address(&self) -> String {
        let mut url = self.root.clone();
        // Who has no name has none that could be told.
        let _ = (url.set_username(""), url.set_password(None));
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// `GET /api/v2/{path}`
    pub(super) async fn get(&self, path: &str) -> Result<Value, Trouble> {
        self.answer(self.client.get(format!("{}/api/v2/{path}", self.url))).await
    }

    /// One update call.
    pub(super) async fn update(&self, method: &str, params: &Value) -> Result<Value, Trouble> {
        let request = self.client.post(format!("{}/api/v2/updates/{method}", self.url));
        let request = request.header("content-type", "application/json").body(params.to_string());
        Ok(self.answer(request).await?["result"].take())
    }

    /// Update calls in one transaction, done once however often they are sent under this key.
    pub(super) async fn batch(&self, calls: String, key: &str) -> Result<Vec<Value>, Trouble> {
        let request = self.client.post(format!("{}/api/v2/updates", self.url)).header("idempotency-key", key);
        let mut answer = self.answer(request.header("content-type", "application/json").body(calls)).await?;
        match answer["results"].take() {
            Value::Array(results) => Ok(results),
            _ => Err(self.odd()),
        }
    }

    /// Appends whole lines, of which the first must get this number.
    pub(super) async fn append(&self, log: i64, first: u64, lines: Vec<u8>) -> Result<Value, Trouble> {
        let url = format!("{}/api/v2/logs/{log}/append?first_line={first}", self.url);
        self.answer(self.client.post(url).header("content-type", "application/octet-stream").body(lines)).await
    }

    /// An open stream of events that go by this path.
    pub(super) async fn listen(&self, path: &str) -> Result<Response, Trouble> {
        let request = self.client.get(format!("{}/sse/listen/{path}", self.url));
        let opened = tokio::time::timeout(CONNECT, self.begin(request)).await;
        opened.map_err(|_| self.silent(CONNECT))?
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Value, Trouble> {
        let whole = tokio::time::timeout(self.patience, async { self.body(self.begin(request).await?).await }).await;
        let text = whole.map_err(|_| self.silent(self.patience))??;
        serde_json::from_slice(&text).map_err(|_| self.odd())
    }

    /// The head of an answer that is none of an error.
    async fn begin(&self, request: RequestBuilder) -> Result<Response, Trouble> {
        let answer = request.send().await.map_err(|error| self.away(&error))?;
        match answer.status().is_success() {
            true => Ok(answer),
            false => Err(self.refusal(answer).await),
        }
    }

    async fn body(&self, mut answer: Response) -> Result<Vec<u8>, Trouble> {
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| self.away(&error))? {
            if body.len() + piece.len() > MOST_ANSWER_BYTES {
                return Err(self.odd());
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    fn odd(&self) -> Trouble {
        unsure(format!("{} answers, but not as a host does", self.address()))
    }

    fn silent(&self, after: Duration) -> Trouble {
        unsure(format!("the host at {} does not answer within {} s", self.address(), after.as_secs()))
    }

    fn away(&self, error: &reqwest::Error) -> Trouble {
        let why = std::iter::successors(std::error::Error::source(error), |&error| error.source()).last();
        let why = why.map_or_else(|| error.to_string(), ToString::to_string);
        let why =
            format!("no host answers at {} ({why}); --server or CAMPANILE_SERVER say where it is", self.address());
        Trouble::Away { why, fate: if error.is_connect() { Fate::NotDone } else { Fate::Unknown } }
    }

    async fn refusal(&self, answer: Response) -> Trouble {
        let status = answer.status().as_u16();
        let text = self.body(answer).await.unwrap_or_default();
        let body: Value = serde_json::from_slice(&text).unwrap_or_default();
        let is_host = body["error"].is_string();
        let said = body["error"].as_str().map_or_else(|| format!("an answer with status {status}"), str::to_owned);
        // Who says no did nothing; who speaks for a host that does not answer in time cannot know.
        let fate = match status {
            _ if is_host || status < 500 => Fate::NotDone,
            502 | 503 => Fate::HardlyDone,
            _ => Fate::Unknown,
        };
        match status {
            401 | 403 => {
                Trouble::NotAllowed(format!("{said} (the token is read from --token-file or CAMPANILE_TOKEN)"))
            }
            408 | 429 | 500.. => Trouble::Away { why: format!("{}: {said}", self.address()), fate },
            // Somebody in between says no, who knows nothing of the host.
            _ if !is_host => Trouble::Away { why: format!("{}: {said}, and not as a host does", self.address()), fate },
            _ => Trouble::Refused { status, message: said, body },
        }
    }
}

fn unsure(why: String) -> Trouble {
    Trouble::Away { why, fate: Fate::Unknown }
}
