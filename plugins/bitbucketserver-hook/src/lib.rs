//! Pushes and pull requests that Bitbucket Server tells of: Buildbot's dialect `bitbucketserver`.
//!
//! Not here: whether Bitbucket signed the request; the host saw to that.

mod payload;

use campanile_sdk::hooks::Whitelist;
use campanile_sdk::hooks::bitbucket::Product;
use campanile_sdk::hooks::bitbucket::PullMoment;
use campanile_sdk::hooks::bitbucket::Push;
use campanile_sdk::hooks::bitbucket::actor;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::payload::Actor;
use crate::payload::Payload;
use crate::payload::Project;
use crate::payload::RefChange;
use crate::payload::Repository;

const SERVER: Product = Product("Bitbucket Server");

/// Pushes and pull requests that Bitbucket Server tells of.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-campanile-hook" = {
    "signature": [{"header": "X-Hub-Signature", "by": "hmac-sha256", "prefix": "sha256="}],
    "delivery": ["X-Request-Id", "X-Request-UUID"],
    "headers": ["X-Event-Key"],
}))]
pub struct Settings {
    /// The codebase of the changes, unless the URL says another.
    #[serde(default)]
    codebase: Option<String>,

    /// Which parts of a payload become properties of a pull request's change, as patterns such as `bitbucket.actor.*`.
    #[serde(default)]
    bitbucket_property_whitelist: Whitelist,
}

pub struct BitbucketServer;

campanile_sdk::export!(hook BitbucketServer);

impl ChangeHook for BitbucketServer {
    const NAME: &'static str = "bitbucketserver-hook";
    const SUMMARY: &'static str = "Pushes and pull requests that Bitbucket Server tells of";
    type Settings = Settings;

    fn check(settings: &Settings) -> Vec<Problem> {
        settings.bitbucket_property_whitelist.problems("bitbucket_property_whitelist")
    }

    fn changes(settings: &Settings, request: &HookRequest, _: &[Fetched]) -> Result<HookOutcome, String> {
        if !request.media_type().starts_with("application/json") {
            return Err(format!("Unknown content type: {}", request.content_type));
        }
        let event = request.header("x-event-key").ok_or("Header X-Event-Key is not present")?;
        let moment = match event {
            "diagnostics:ping" => return Ok(HookOutcome::NOTHING),
            "repo:refs_changed" | "repo:push" => None,
            "pr:opened" | "pullrequest:created" => Some(PullMoment::Created),
            "pr:from_ref_updated" | "pr:modified" | "pullrequest:updated" => Some(PullMoment::Updated),
            "pr:merged" | "pullrequest:fulfilled" => Some(PullMoment::Fulfilled),
            "pr:declined" | "pullrequest:rejected" => Some(PullMoment::Rejected),
            other => return Err(format!("Unknown event: {other}")),
        };
        let payload: Payload = request.json()?;
        let changes = match moment {
            None => pushed(&payload),
            Some(moment) => vec![pulled(settings, request, (moment, &payload))?],
        };
        let all = changes.into_iter().map(|change| {
            let repository = payload.repository().ok_or("the payload has no repository")?;
            let change = with_origin(change, (&payload.actor, repository), settings.codebase.as_deref())?;
            Ok(change.named_by(request))
        });
        all.collect::<Result<_, String>>().map(HookOutcome::Changes)
    }
}

fn pushed(payload: &Payload) -> Vec<NewChange> {
    let web = payload.repository().map_or("", Repository::web);
    let ours = payload.changes.iter().map(RefChange::pushed);
    let pushed = payload.push.iter().flat_map(Push::pushed);
    ours.chain(pushed).map(|pushed| SERVER.pushed(&pushed, web)).collect()
}

fn pulled(
    settings: &Settings,
    request: &HookRequest,
    (moment, payload): (PullMoment, &Payload),
) -> Result<NewChange, String> {
    let pull = payload.pull.as_ref().ok_or("the payload has no pullRequest")?;
    let whitelist = &settings.bitbucket_property_whitelist;
    let whole = if whitelist.is_empty() { Value::Null } else { request.json()? };
    Ok(SERVER.pull(moment, &pull.told()?, (whitelist, &whole)))
}

fn with_origin(
    change: NewChange,
    (by, repository): (&Actor, &Repository),
    codebase: Option<&str>,
) -> Result<NewChange, String> {
    let project = repository.project.as_ref().and_then(Project::called);
    Ok(NewChange {
        author: actor(by.display_name.as_deref(), by.name()),
        repository: repository.place()?,
        project: project.unwrap_or_default().to_owned(),
        codebase: codebase.map(str::to_owned),
        src: Some(repository.scm.clone().unwrap_or_else(|| "git".into())),
        ..change
    })
}

#[cfg(test)]
mod tests;
