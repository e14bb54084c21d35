//! Commits and merge requests that GitLab tells of: Buildbot's dialect `gitlab`.
//!
//! Not here: whether the request has GitLab's token; the host saw to that.

mod merge;
mod push;

use campanile_sdk::hooks::Person;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

/// Commits and merge requests that GitLab tells of. It has no settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-campanile-hook" = {
    "signature": [{"header": "X-Gitlab-Token", "by": "token"}],
    "delivery": ["Idempotency-Key", "X-Gitlab-Event-UUID"],
    "headers": ["X-Gitlab-Event"],
}))]
pub struct Settings {}

/// What tells the events apart.
#[derive(Deserialize)]
struct Kind {
    object_kind: Option<String>,
}

/// A commit of a push, and the newest one of a merge request.
#[derive(Deserialize)]
struct Commit {
    id: String,
    message: String,
    timestamp: String,
    url: String,
    author: Person,
    distinct: Option<bool>,
    #[serde(default)]
    added: Vec<String>,
    #[serde(default)]
    modified: Vec<String>,
    #[serde(default)]
    removed: Vec<String>,
}

pub struct GitLab;

campanile_sdk::export!(hook GitLab);

impl ChangeHook for GitLab {
    const NAME: &'static str = "gitlab-hook";
    const SUMMARY: &'static str = "Commits and merge requests that GitLab tells of";
    type Settings = Settings;

    fn changes(_: &Settings, request: &HookRequest, _: &[Fetched]) -> Result<HookOutcome, String> {
        let Kind { object_kind } = request.json()?;
        let event = object_kind.or_else(|| request.header("x-gitlab-event").map(str::to_owned)).unwrap_or_default();
        let changes = match event.as_str() {
            "push" | "tag_push" | "Push Hook" => push::changes(request, &event)?,
            "merge_request" | "Merge Request Hook" => merge::changes(request, &event)?,
            "note" | "Note Hook" => merge::noted(request, &event)?,
            _ => Vec::new(),
        };
        Ok(HookOutcome::Changes(changes))
    }
}

#[cfg(test)]
mod tests;
