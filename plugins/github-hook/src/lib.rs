//! Commits and pull requests that GitHub tells of: Buildbot's dialect `github`.
//!
//! Not here: whether GitHub signed the request; the host saw to that.

mod pull;
mod push;
mod settings;

pub use settings::Settings;

use campanile_sdk::prelude::*;

pub struct GitHub;

campanile_sdk::export!(hook GitHub);

impl ChangeHook for GitHub {
    const NAME: &'static str = "github-hook";
    const SUMMARY: &'static str = "Commits and pull requests that GitHub tells of";
    type Settings = Settings;

    fn check(settings: &Settings) -> Vec<Problem> {
        let whitelist = settings.github_property_whitelist.problems("github_property_whitelist");
        [settings.skips.problems("skips"), whitelist].concat()
    }

    fn changes(settings: &Settings, request: &HookRequest, fetched: &[Fetched]) -> Result<HookOutcome, String> {
        let event = request.header("x-github-event").ok_or("the header X-GitHub-Event is missing")?;
        if settings.debug {
            println!("{event}: {}", String::from_utf8_lossy(&request.body));
        }
        match event {
            "ping" | "workflow_run" => Ok(HookOutcome::NOTHING),
            "push" => push::changes(settings, request).map(HookOutcome::Changes),
            "pull_request" => pull::changes(settings, request, fetched),
            other => Err(format!("Unknown event: {other}")),
        }
    }
}

#[cfg(test)]
mod tests;
