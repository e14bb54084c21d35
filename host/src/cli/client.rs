//! Talking to a running host.

use anyhow::Context;
use anyhow::anyhow;
use anyhow::bail;
use clap::Args;
use reqwest::Client;
use reqwest::Response;
use reqwest::header::AUTHORIZATION;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderValue;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// The variable with the token. No flag takes one: everybody on the machine can read the arguments of a process.
const TOKEN: &str = "CAMPANILE_TOKEN";

/// How many seconds a host that does not answer is waited for, from try to try.
const WAITS: [u64; 6] = [1, 2, 4, 8, 16, 16];

/// Which host to ask.
#[derive(Args)]
pub(super) struct Server {
    /// The address of the host
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8010", env = "CAMPANILE_SERVER")]
    server: String,
    #[command(flatten)]
    key: Key,
}

/// By what to come in.
#[derive(Args)]
pub(super) struct Key {
    /// A file with the token; otherwise it is read from CAMPANILE_TOKEN
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[arg(skip)]
    token: Option<String>,
}

impl Key {
    /// A token that no flag names.
    pub(super) fn of(token: String) -> Self {
        Self { token_file: None, token: Some(token) }
    }

    fn token(&self) -> anyhow::Result<Option<String>> {
        let token = match (&self.token, &self.token_file) {
            (Some(token), _) => Some(token.clone()),
            (None, Some(file)) => Some(
                std::fs::read_to_string(file).with_context(|| format!("reading {} (--token-file)", file.display()))?,
            ),
            (None, None) => std::env::var(TOKEN).ok(),
        };
        Ok(token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty()))
    }
}

impl Server {
    pub(super) fn new(server: String, key: Key) -> Self {
        Self { server, key }
    }

    /// `GET /api/v2/{path}`
    pub(super) async fn get(&self, path: &str, query: &[(&str, String)]) -> anyhow::Result<Value> {
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let url = format!("{}?{}", self.url(path), query.join("&"));
        self.read(self.client()?.get(url.trim_end_matches('?')).send().await).await
    }

    /// `POST /api/v2/{path}`
    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.client()?.post(self.url(path)).header("content-type", "application/json");
        self.read(request.body(body.to_string()).send().await).await
    }

    /// The same under a key by which it is written once, however often it is sent: a host that restarts is waited for.
    pub(super) async fn post_once(&self, path: &str, body: &Value, key: &str) -> anyhow::Result<Value> {
        let mut waits = WAITS.iter();
        loop {
            let request = self.client()?.post(self.url(path)).header("content-type", "application/json");
            let sent = request.header("idempotency-key", key).body(body.to_string()).send().await;
            let is_lost = sent.as_ref().is_err_and(|error| !error.is_builder());
            match waits.next().filter(|_| is_lost) {
                Some(wait) => tokio::time::sleep(Duration::from_secs(*wait)).await,
                None => return self.read(sent).await,
            }
        }
    }

    /// `DELETE /api/v2/{path}`
    pub(super) async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.read(self.client()?.delete(self.url(path)).send().await).await
    }

    /// JSON-RPC: asks a resource to do something.
    pub(super) async fn control(&self, path: &str, method: &str, params: &Value) -> anyhow::Result<Value> {
        let request = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        Ok(self.post(path, &request).await?["result"].take())
    }

    /// The address, without a slash at its end.
    pub(super) fn root(&self) -> &str {
        self.server.trim_end_matches('/')
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v2/{path}", self.root())
    }

    /// A client that sends the token along.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        let mut headers = HeaderMap::new();
        if let Some(token) = self.key.token()? {
            let value = HeaderValue::try_from(format!("Bearer {token}"));
            let mut value = value.map_err(|_| anyhow!("the token holds characters that no token has"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Client::builder().no_proxy().default_headers(headers).build().context("making an HTTP client")
    }

    async fn read(&self, answer: reqwest::Result<Response>) -> anyhow::Result<Value> {
        let answer = answer.with_context(|| {
            format!("no host answers at {}; is it running? --server or CAMPANILE_SERVER say where", self.server)
        })?;
        let status = answer.status();
        let text = answer.text().await.context("reading the answer")?;
        let body: Value = serde_json::from_str(&text).with_context(|| format!("the answer ({status}) is no JSON"))?;
        if status.is_success() {
            return Ok(body);
        }
        let message = body["error"].as_str().or_else(|| body["error"]["message"].as_str()).unwrap_or(&text);
        bail!("{message}");
    }
}

pub(super) fn encoded(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
}
