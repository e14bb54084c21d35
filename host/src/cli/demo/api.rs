//! The demo as a client of its host: nothing here that any other client could not ask.

use anyhow::Context;
use anyhow::bail;
use reqwest::Client;
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Map;
use serde_json::Value;

/// More than any demo has; the API gives out no more at once.
const ALL: usize = 1000;

pub(super) struct Api {
    client: Client,
    /// `http://127.0.0.1:8010`
    pub(super) url: String,
}

#[derive(Deserialize)]
pub(super) struct Delivery {
    pub(super) deliveryid: i64,
    /// It is in the Message-ID of its mail.
    pub(super) uid: String,
    pub(super) reporter: String,
    /// The position of the event that it came of.
    pub(super) event: i64,
    pub(super) destination: String,
    pub(super) state: String,
    pub(super) reason: Option<String>,
}

impl Api {
    pub(super) fn new(url: String) -> anyhow::Result<Self> {
        // A proxy of the environment knows nothing of this machine's loopback.
        let client = Client::builder().no_proxy().build().context("making an HTTP client")?;
        Ok(Self { client, url })
    }

    /// Makes an update call; its result.
    pub(super) async fn update(&self, method: &str, params: &Map<String, Value>) -> anyhow::Result<Value> {
        let body = serde_json::to_vec(params).context("writing the params")?;
        let request = self.client.post(format!("{}/api/v2/updates/{method}", self.url));
        let request = request.header("content-type", "application/json").body(body);
        let mut answer: Value = answer(request).await.with_context(|| format!("calling {method}"))?;
        Ok(answer["result"].take())
    }

    pub(super) async fn deliveries(&self) -> anyhow::Result<Vec<Delivery>> {
        #[derive(Deserialize)]
        struct Answer {
            deliveries: Vec<Delivery>,
        }
        let answer: Answer = self.get(&format!("deliveries?limit={ALL}")).await?;
        Ok(answer.deliveries)
    }

    /// The position of the newest event: how many there have been.
    pub(super) async fn events(&self) -> anyhow::Result<i64> {
        #[derive(Deserialize)]
        struct Answer {
            events: i64,
        }
        let answer: Answer = self.get("health").await?;
        Ok(answer.events)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let url = format!("{}/api/v2/{path}", self.url);
        answer(self.client.get(&url)).await.with_context(|| format!("asking {url}"))
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> anyhow::Result<T> {
    let answer = request.send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        bail!("answered with {status}: {text}");
    }
    serde_json::from_str(&text).with_context(|| format!("answered with {text}"))
}
