//! Pushes: one change for each commit.

use campanile_sdk::hooks::Person;
use campanile_sdk::hooks::Reference;
use campanile_sdk::hooks::timestamp;
use campanile_sdk::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::settings::Settings;

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    created: bool,
    #[serde(default)]
    head_commit: Option<Commit>,
    #[serde(default)]
    commits: Vec<Commit>,
    repository: Repository,
}

#[derive(Deserialize)]
struct Repository {
    html_url: Option<String>,
    url: Option<String>,
    full_name: Option<String>,
}

#[derive(Deserialize)]
struct Commit {
    id: String,
    message: String,
    timestamp: Option<String>,
    url: Option<String>,
    author: Person,
    #[serde(default)]
    committer: Person,
    distinct: Option<bool>,
    #[serde(default)]
    added: Vec<String>,
    #[serde(default)]
    modified: Vec<String>,
    #[serde(default)]
    removed: Vec<String>,
}

pub(crate) fn changes(settings: &Settings, request: &HookRequest) -> Result<Vec<NewChange>, String> {
    let payload: Payload = request.payload()?;
    let Some(reference) = Reference::of(&payload.reference).filter(|_| !payload.deleted) else { return Ok(Vec::new()) };
    if payload.head_commit.as_ref().is_some_and(|head| settings.skips.has(&head.message)) {
        return Ok(Vec::new());
    }
    let whole: Value = match settings.github_property_whitelist.is_empty() {
        true => Value::Null,
        false => request.payload()?,
    };
    // What is new has a history of its own, of which only the end is news.
    let commits = match payload.head_commit {
        Some(head) if payload.created => vec![head],
        Some(_) | None => payload.commits,
    };
    let properties = settings.github_property_whitelist.found("github", &whole, commits.len());
    let Repository { html_url, url, full_name } = payload.repository;
    let (repository, project) = (html_url.or(url).unwrap_or_default(), full_name.unwrap_or_default());
    let change = |commit: Commit| {
        let change = NewChange {
            author: commit.author.text(),
            committer: commit.committer.text(),
            comments: Some(commit.message),
            files: [commit.added, commit.modified, commit.removed].concat(),
            revision: Some(commit.id),
            when_timestamp: commit.timestamp.as_deref().and_then(timestamp),
            branch: Some(reference.name().into()),
            category: matches!(reference, Reference::Tag(_)).then(|| "tag".into()),
            revlink: commit.url,
            repository: repository.clone(),
            codebase: settings.codebase.clone(),
            project: project.clone(),
            src: Some("git".into()),
            properties: properties.clone(),
        };
        let distinct = commit.distinct.unwrap_or(true);
        change.property("github_distinct", &distinct).property("event", &"push").named_by(request)
    };
    Ok(commits.into_iter().map(change).collect())
}
