//! Merge requests, and what is said about them: one change.

use campanile_sdk::hooks::timestamp;
use campanile_sdk::prelude::*;
use serde::Deserialize;

use crate::Commit;

/// What of a payload tells whether there are new commits. It is read before the rest, of which nothing is needed otherwise.
#[derive(Deserialize)]
struct Glance {
    object_attributes: Moment,
}

#[derive(Deserialize)]
struct Moment {
    state: Option<String>,
    action: Option<String>,
    oldrev: Option<String>,
}

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
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
struct MergeRequest {
    iid: u64,
    title: String,
    description: Option<String>,
    url: Option<String>,
    /// Absent where the source branch has none of its own, or is gone.
    last_commit: Option<Commit>,
    source_branch: String,
    /// Absent, like the project, where that is gone.
    source_project_id: Option<u64>,
    source: Option<Project>,
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

impl Moment {
    fn is_news(&self) -> bool {
        let is_open = !matches!(self.state.as_deref(), Some("closed" | "merged" | "approved"));
        is_open
            && match self.action.as_deref() {
                Some("open" | "reopen") => true,
                // An update without an older revision changed words only.
                Some("update") => self.oldrev.is_some(),
                Some(_) | None => false,
            }
    }
}

pub(crate) fn changes(request: &HookRequest, event: &str) -> Result<Vec<NewChange>, String> {
    let Glance { object_attributes: moment } = request.json()?;
    if !moment.is_news() {
        return Ok(Vec::new());
    }
    let Payload { object_attributes: merge } = request.json()?;
    let change = change(&merge, (event, "merge_request"));
    Ok(change.map(|change| change.named_by(request)).into_iter().collect())
}

pub(crate) fn noted(request: &HookRequest, event: &str) -> Result<Vec<NewChange>, String> {
    let Noted { object_attributes: note, merge_request } = request.json()?;
    let change = merge_request.and_then(|merge| change(&merge, (event, "note")));
    Ok(change.map(|change| change.property("comments", &note.note).named_by(request)).into_iter().collect())
}

/// Nothing without a commit.
fn change(merge: &MergeRequest, (event, category): (&str, &str)) -> Option<NewChange> {
    let MergeRequest { iid, title, source, target, .. } = merge;
    let (last_commit, source) = (merge.last_commit.as_ref()?, source.as_ref());
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
    let change = change
        .property("source_branch", &merge.source_branch)
        .property("source_project_id", &merge.source_project_id)
        .property("source_repository", &source.map(|source| &source.git_http_url))
        .property("source_git_ssh_url", &source.map(|source| &source.git_ssh_url))
        .property("target_branch", &merge.target_branch)
        .property("target_project_id", &merge.target_project_id)
        .property("target_repository", &target.git_http_url)
        .property("target_git_ssh_url", &target.git_ssh_url)
        .property("event", &event);
    Some(change)
}
