//! What became of it: asked of the host's own API, as anybody could.

use anyhow::Context;
use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;

pub(super) struct Summary {
    calls: usize,
    mails: usize,
    deliveries: Vec<Delivery>,
}

#[derive(Deserialize)]
struct Listing {
    deliveries: Vec<Delivery>,
}

#[derive(Deserialize)]
struct Delivery {
    deliveryid: i64,
    reporter: String,
    destination: String,
    state: String,
    reason: Option<String>,
    /// Milliseconds since 1970.
    created_at_ms: i64,
    settled_at_ms: Option<i64>,
}

impl Summary {
    pub(super) async fn ask(client: &Client, url: &str, calls: usize, mails: usize) -> anyhow::Result<Self> {
        let listing: Listing = get(client, &format!("{url}/api/v2/deliveries")).await?;
        Ok(Self { calls, mails, deliveries: listing.deliveries })
    }

    /// Whether something was sent, and all of it arrived.
    pub(super) fn is_good(&self) -> bool {
        let arrived = self.deliveries.iter().all(|delivery| delivery.state == "delivered");
        arrived && !self.deliveries.is_empty() && self.mails >= self.deliveries.len()
    }

    fn slowest_ms(&self) -> i64 {
        let took = |delivery: &Delivery| delivery.settled_at_ms.map(|settled| settled - delivery.created_at_ms);
        self.deliveries.iter().filter_map(took).max().unwrap_or_default()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut states = BTreeMap::<&str, usize>::new();
        for delivery in &self.deliveries {
            *states.entry(&delivery.state).or_default() += 1;
        }
        let states: Vec<_> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
        writeln!(f, "calls       {}", self.calls)?;
        writeln!(f, "mails       {}", self.mails)?;
        writeln!(f, "deliveries  {}", if states.is_empty() { "none".to_owned() } else { states.join(", ") })?;
        writeln!(f, "slowest     {} ms from written down to delivered", self.slowest_ms())?;
        for delivery in self.deliveries.iter().filter(|delivery| delivery.state != "delivered") {
            let Delivery { deliveryid, reporter, destination, state, reason, .. } = delivery;
            let reason = reason.as_deref().unwrap_or("no reason given");
            writeln!(f, "  delivery {deliveryid} of {reporter} to {destination} is {state}: {reason}")?;
        }
        Ok(())
    }
}

async fn get<T: DeserializeOwned>(client: &Client, url: &str) -> anyhow::Result<T> {
    let answer = client.get(url).send().await.with_context(|| format!("asking {url}"))?;
    let status = answer.status();
    let text = answer.text().await.with_context(|| format!("asking {url}"))?;
    serde_json::from_str(&text).with_context(|| format!("{url} answers {status}: {text}"))
}
