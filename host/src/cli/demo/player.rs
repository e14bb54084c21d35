//! Plays a recording to a host over HTTP, one call after the other, as a CI would make them.

use super::pace::Pace;
use super::recording::Call;
use super::recording::Recording;
use super::recording::Saved;
use super::screen::Screen;
use super::story::Story;
use anyhow::Context;
use anyhow::bail;
use reqwest::Client;
use serde_json::Map;
use serde_json::Value;
use tokio::time::Instant;

pub(super) struct Player<'a> {
    pub(super) client: &'a Client,
    /// `http://127.0.0.1:8010`
    pub(super) url: &'a str,
    pub(super) screen: &'a Screen,
}

impl Player<'_> {
    /// Returns when the last call is answered.
    pub(super) async fn play(&self, recording: &Recording, pace: Pace) -> anyhow::Result<()> {
        let mut saved = Saved::default();
        let mut story = Story::default();
        let begun = Instant::now();
        for (call, moment) in recording.calls.iter().zip(pace.moments(&recording.calls)) {
            tokio::time::sleep_until(begun + moment).await;
            let params = saved.fill_in(&call.params).with_context(|| format!("playing {}", call.method))?;
            let result = self.make(call, &params).await?;
            if let Some(line) = story.tell(&call.method, &params, &result) {
                self.screen.came_in(&line);
            }
            if let Some(name) = &call.save {
                saved.save(name, result);
            }
        }
        Ok(())
    }

    async fn make(&self, call: &Call, params: &Map<String, Value>) -> anyhow::Result<Value> {
        let method = &call.method;
        let body = serde_json::to_vec(params).context("writing the params")?;
        let request = self.client.post(format!("{}/api/v2/updates/{method}", self.url));
        let request = request.header("content-type", "application/json").body(body);
        let answer = request.send().await.with_context(|| format!("calling {method}"))?;
        let status = answer.status();
        let text = answer.text().await.with_context(|| format!("reading the answer to {method}"))?;
        if !status.is_success() {
            bail!("{method} was answered with {status}: {text}");
        }
        let mut answer: Value = serde_json::from_str(&text).with_context(|| format!("{method} was answered {text}"))?;
        Ok(answer["result"].take())
    }
}
