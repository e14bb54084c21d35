//! Change hooks: what came, towards a guest; what it makes of it, from one.

use crate::model;
use crate::plugin::bindings::change_hook::campanile::reporter::hooks as wit;
use crate::plugin::bindings::wit::events::Problem;
use crate::plugin::convert::effects;
use crate::plugin::convert::signed;
use crate::plugin::convert::subscriptions;
use serde_json::Value;
use std::collections::BTreeMap;

/// Changes of one request. GitHub's pushes have 2,048 commits at most.
const MOST_CHANGES: usize = 4_096;
/// What may be asked for at once.
const MOST_FETCHES: usize = 16;
/// Names of pollers.
const MOST_POLLERS: usize = 1_024;
/// The longest reason of a refusal that is told.
const REASON_CHARS: usize = 2_000;

pub(in crate::plugin) type Lent<'a> = Vec<(&'a str, &'a str)>;

pub(in crate::plugin) fn lent(pairs: &[(String, String)]) -> Lent<'_> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// `headers` and `query` are those of the request.
pub(in crate::plugin) fn hook_request<'a>(
    request: &'a model::HookRequest,
    headers: &'a Lent<'a>,
    query: &'a Lent<'a>,
) -> wit::HookRequest<'a> {
    wit::HookRequest {
        method: &request.method,
        headers,
        query,
        content_type: &request.content_type,
        body: &request.body,
        received_at: u64::try_from(request.received_at.0).unwrap_or(0),
    }
}

/// `headers` are those of what came back.
pub(in crate::plugin) fn fetched<'a>(fetched: &'a model::Fetched, headers: &'a Lent<'a>) -> wit::Fetched<'a> {
    wit::Fetched { status: fetched.status, headers, body: &fetched.body }
}

pub(in crate::plugin) fn hook_problems(problems: Vec<Problem>) -> Vec<model::Problem> {
    if problems.is_empty() { Vec::new() } else { subscriptions::reported(problems) }
}

pub(in crate::plugin) fn refusal(reason: String) -> String {
    reason.chars().take(REASON_CHARS).collect()
}

pub(in crate::plugin) fn hook_outcome(outcome: wit::HookOutcome) -> Result<model::HookOutcome, String> {
    Ok(match outcome {
        wit::HookOutcome::Changes(changes) => {
            at_most("changes", changes.len(), MOST_CHANGES)?;
            model::HookOutcome::Changes(changes.into_iter().map(change).collect::<Result<_, _>>()?)
        }
        wit::HookOutcome::Poke(wit::Poke { pollers, among }) => {
            at_most("pollers", pollers.len(), MOST_POLLERS)?;
            model::HookOutcome::Poke(model::Poke { pollers, among })
        }
        wit::HookOutcome::Fetch(fetches) => {
            at_most("fetches", fetches.len(), MOST_FETCHES)?;
            model::HookOutcome::Fetch(fetches.into_iter().map(fetch).collect())
        }
    })
}

fn at_most(what: &str, count: usize, most: usize) -> Result<(), String> {
    if count <= most { Ok(()) } else { Err(format!("it answers with {count} {what}, the limit is {most}")) }
}

fn fetch(fetch: wit::Fetch) -> model::HttpRequest {
    model::HttpRequest {
        headers: effects::fields(fetch.headers),
        verify: effects::tls_verify(fetch.verify),
        ..model::HttpRequest::new("GET", effects::text(fetch.url))
    }
}

fn change(change: wit::NewChange) -> Result<model::NewHookChange, String> {
    let mut properties = BTreeMap::new();
    for (name, value) in change.properties {
        let value: Value =
            serde_json::from_str(&value).map_err(|e| format!("the value of the property {name:?} is no JSON: {e}"))?;
        properties.insert(name, value);
    }
    // Later than any time that can be read again, nobody would ever be told of it.
    let when = change.when_timestamp.map(|at| model::Timestamp::try_from(signed(at))).transpose();
    let when_timestamp = when.map_err(|error| format!("when_timestamp: {error}"))?;
    Ok(model::NewHookChange {
        author: change.author,
        committer: change.committer,
        comments: change.comments,
        files: change.files,
        revision: change.revision,
        when_timestamp,
        branch: change.branch,
        category: change.category,
        revlink: change.revlink,
        properties,
        repository: change.repository,
        codebase: change.codebase,
        project: change.project,
        src: change.src,
    })
}
