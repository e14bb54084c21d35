//! Pushes of commits and tags: one change for each commit.

use campanile_sdk::hooks::Reference;
use campanile_sdk::hooks::is_zero;
use campanile_sdk::hooks::timestamp;
use campanile_sdk::prelude::*;
use serde::Deserialize;

use crate::Commit;

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    after: String,
    #[serde(default)]
    commits: Vec<Commit>,
    repository: Repository,
}

#[derive(Deserialize)]
struct Repository {
    name: String,
    url: String,
}

pub(crate) fn changes(request: &HookRequest, event: &str) -> Result<Vec<NewChange>, String> {
    let payload: Payload = request.json()?;
    let is_there = !payload.deleted && !is_zero(&payload.after);
    let Some(reference) = Reference::of(&payload.reference).filter(|_| is_there) else { return Ok(Vec::new()) };
    let news = payload.commits.into_iter().filter(|commit| commit.distinct != Some(false));
    let change = |commit: Commit| {
        let change = NewChange {
            author: commit.author.text(),
            comments: Some(commit.message),
            files: [commit.added, commit.modified, commit.removed].concat(),
            revision: Some(commit.id),
            when_timestamp: timestamp(&commit.timestamp),
            branch: Some(reference.name().into()),
            category: Some(event.into()),
            revlink: Some(commit.url),
            repository: payload.repository.url.clone(),
            project: payload.repository.name.clone(),
            src: Some("git".into()),
            ..NewChange::default()
        };
        change.property("event", &event).named_by(request)
    };
    Ok(news.map(change).collect())
}
