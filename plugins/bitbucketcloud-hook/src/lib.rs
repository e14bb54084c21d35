//! Pushes and pull requests that Bitbucket Cloud tells of: Buildbot's dialect `bitbucketcloud`.
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
use crate::payload::Repository;

const CLOUD: Product = Product("Bitbucket Cloud");

/// Pushes and pull requests that Bitbucket Cloud tells of.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-campanile-hook" = {
    "signature": [{"header": "X-Hub-Signature", "by": "hmac-sha256", "prefix": "sha256="}],
    "delivery": ["X-Request-UUID"],
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

pub struct BitbucketCloud;

campanile_sdk::export!(hook BitbucketCloud);

impl ChangeHook for BitbucketCloud {
    const NAME: &'static str = "bitbucketcloud-hook";
    const SUMMARY: &'static str = "Pushes and pull requests that Bitbucket Cloud tells of";
    type Settings = Settings;

    fn check(settings: &Settings) -> Vec<Problem> {
        settings.bitbucket_property_whitelist.problems("bitbucket_property_whitelist")
    }

    fn changes(settings: &Settings, request: &HookRequest, _: &[Fetched]) -> Result<HookOutcome, String> {
        if !request.media_type().starts_with("application/json") {
            return Err(format!("Unknown content type: {}", request.content_type));
        }
        let event = request.header("x-event-key").ok_or("Header X-Event-Key was not present")?;
        let moment = match event {
            "repo:push" => None,
            "pullrequest:created" => Some(PullMoment::Created),
            "pullrequest:updated" => Some(PullMoment::Updated),
            "pullrequest:fulfilled" => Some(PullMoment::Fulfilled),
            "pullrequest:rejected" => Some(PullMoment::Rejected),
            other => return Err(format!("Unknown event: {other}")),
        };
        let payload: Payload = request.json()?;
        let changes = match moment {
            None => pushed(&payload),
            Some(moment) => vec![pulled(settings, request, (moment, &payload))?],
        };
        let all = changes.into_iter().map(|change| {
            with_origin(change, &payload.actor, &payload.repository, settings.codebase.as_deref()).named_by(request)
        });
        Ok(HookOutcome::Changes(all.collect()))
    }
}

fn pushed(payload: &Payload) -> Vec<NewChange> {
    let web = payload.repository.web();
    let pushed = payload.push.iter().flat_map(Push::pushed);
    pushed.map(|pushed| CLOUD.pushed(&pushed, web)).collect()
}

fn pulled(
    settings: &Settings,
    request: &HookRequest,
    (moment, payload): (PullMoment, &Payload),
) -> Result<NewChange, String> {
    let pull = payload.pullrequest.as_ref().ok_or("the payload has no pullrequest")?;
    let whitelist = &settings.bitbucket_property_whitelist;
    let whole = if whitelist.is_empty() { Value::Null } else { request.json()? };
    Ok(CLOUD.pull(moment, &pull.told()?, (whitelist, &whole)))
}

fn with_origin(change: NewChange, by: &Actor, repository: &Repository, codebase: Option<&str>) -> NewChange {
    NewChange {
        author: actor(by.display_name.as_deref(), by.nickname()),
        repository: repository.links.own.href.clone(),
        project: repository.project.as_ref().map_or_else(|| "none".into(), |project| project.name.clone()),
        codebase: codebase.map(str::to_owned),
        src: Some(repository.scm.clone().unwrap_or_else(|| "git".into())),
        ..change
    }
}

#[cfg(test)]
mod tests;
