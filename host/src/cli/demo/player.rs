//! Plays a recording to a host over HTTP, one call after the other, as a CI would make them.

use super::api::Api;
use super::pace::Pace;
use super::recording::Recording;
use super::recording::Saved;
use super::screen::Screen;
use super::stopwatch::Stopwatch;
use super::story::Story;
use anyhow::Context;
use std::time::Instant;
use tokio::time::sleep_until;

pub(super) struct Player<'a> {
    pub(super) api: &'a Api,
    pub(super) screen: &'a Screen,
}

impl Player<'_> {
    /// Returns when the last call is answered: when the builds ended.
    pub(super) async fn play(&self, recording: &Recording, pace: Pace) -> anyhow::Result<Stopwatch> {
        let mut saved = Saved::default();
        let mut story = Story::default();
        let mut stopwatch = Stopwatch::default();
        let begun = Instant::now();
        for (call, moment) in recording.calls.iter().zip(pace.moments(&recording.calls)) {
            sleep_until((begun + moment).into()).await;
            let params = saved.fill_in(&call.params).with_context(|| format!("playing {}", call.method))?;
            let result = self.api.update(&call.method, &params).await?;
            if call.method == "finishBuild" {
                let answered = Instant::now();
                stopwatch.note(self.api.events().await?, answered);
            }
            if let Some(line) = story.tell(&call.method, &params, &result) {
                self.screen.came_in(&line);
            }
            if let Some(name) = &call.save {
                saved.save(name, result);
            }
        }
        Ok(stopwatch)
    }
}
