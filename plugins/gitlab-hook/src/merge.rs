//! Merge requests, and what is said about them: one change.

use campanile_sdk::hooks::timestamp;
use campanile_sdk::prelude::*;
use serde::Deserialize;

use crate::Commit;

#[derive(Deserialize)]
struct Payload {
    object_attributes: MergeRequest,
}

/// Something said, perhaps about a merge request.
#[derive(Deserialize)]
struct Noted {
    object_attributes: Note,
    merge_request: Option<MergeRequest>,
}

#[derive(Deserialize)]
struct Note {
    note: String,
}

#[derive(Deserialize)]
struct MergeRequest {
    iid: u64,
    title: String,
    description: Option<String>,
    state: Option<String>,
    action: Option<String>,
    oldrev: Option<String>,
    url: Option<String>,
    last_commit: Commit,
    source_branch: String,
    source_project_id: Option<u64>,
    source: Project,
    target_branch: String,
    target_project_id: u64,
    target: Project,
}

#[derive(Deserialize)]
struct Project {
    name: String,
    git_http_url: String,
    git_ssh_url: String,
}

pub(crate) fn changes(request: &HookRequest, event: &str) -> Result<Vec<NewChange>, String> {
    let Payload { object_attributes: merge } = request.json()?;
    if matches!(merge.state.as_deref(), Some("closed" | "merged" | "approved")) {
        return Ok(Vec::new());
    }
    // An update without an older revision changed words only.
    let is_news = match merge.action.as_deref() {
        Some("open" | "reopen") => true,
        Some("update") => merge.oldrev.is_some(),
        Some(_) | None => false,
    };
    Ok(if is_news { vec![change(&merge, (event, "merge_request")).named_by(request)] } else { Vec::new() })
}

pub(crate) fn noted(request: &HookRequest, event: &str) -> Result<Vec<NewChange>, String> {
    let Noted { object_attributes: note, merge_request } = request.json()?;
    let change = |merge: MergeRequest| {
        let change = change(&merge, (event, "note"));
        change.property("comments", &note.note).named_by(request)
    };
    Ok(merge_request.map(change).into_iter().collect())
}

fn change(merge: &MergeRequest, (event, category): (&str, &str)) -> NewChange {
    let MergeRequest { iid, title, last_commit, source, target, .. } = merge;
    let description = merge.description.as_deref().unwrap_or_default();
    let change = NewChange {
        author: last_commit.author.text(),
        comments: Some(format!("MR#{iid}: {title}\n\n{description}")),
        revision: Some(last_commit.id.clone()),
        when_timestamp: timestamp(&last_commit.timestamp),
        branch: Some(merge.target_branch.clone()),
        category: Some(category.into()),
        revlink: merge.url.clone(),
        repository: target.git_http_url.clone(),
        project: target.name.clone(),
        src: Some("git".into()),
        ..NewChange::default()
    };
    change
        .property("source_branch", &merge.source_branch)
        .property("source_project_id", &merge.source_project_id)
        .property("source_repository", &source.git_http_url)
        .property("source_git_ssh_url", &source.git_ssh_url)
        .property("target_branch", &merge.target_branch)
        .property("target_project_id", &merge.target_project_id)
        .property("target_repository", &target.git_http_url)
        .property("target_git_ssh_url", &target.git_ssh_url)
        .property("event", &event)
}
