//! Talking to a running host.

use anyhow::Context;
use anyhow::bail;
use clap::Args;
use reqwest::Client;
use reqwest::Response;
use serde_json::Value;

/// Which host to ask.
#[derive(Args)]
pub(super) struct Server {
    /// The address of the host
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8010", env = "CAMPANILE_SERVER")]
    server: String,
}

impl Server {
    /// `GET /api/v2/{path}`
    pub(super) async fn get(&self, path: &str, query: &[(&str, String)]) -> anyhow::Result<Value> {
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let url = format!("{}?{}", self.url(path), query.join("&"));
        self.read(self.client()?.get(url.trim_end_matches('?')).send().await).await
    }

    /// JSON-RPC: asks a resource to do something.
    pub(super) async fn control(&self, path: &str, method: &str) -> anyhow::Result<Value> {
        let body = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {}}).to_string();
        let request = self.client()?.post(self.url(path)).header("content-type", "application/json").body(body);
        self.read(request.send().await).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v2/{path}", self.server.trim_end_matches('/'))
    }

    fn client(&self) -> anyhow::Result<Client> {
        Client::builder().no_proxy().build().context("making an HTTP client")
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

fn encoded(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
}
