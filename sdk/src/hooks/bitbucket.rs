//! What the two dialects of Bitbucket share: pushes as they are written, changes of pushes and of pull requests, and what
//! they are called.

use crate::contract::NewChange;
use crate::hooks::Whitelist;
use serde::Deserialize;
use serde_json::Value;

/// Who tells of it, as it stands in comments: `Bitbucket Cloud`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product(pub &'static str);

/// A branch or a tag that was pushed, or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed<'a> {
    /// `refs/heads/…` or `refs/tags/…`; absent for what is neither.
    pub reference: Option<String>,
    /// The commit that it leads to, or led to.
    pub revision: &'a str,
    /// Whether it is there no more.
    pub deleted: bool,
}

/// What `push` holds in a payload of Cloud, and of Server as Buildbot expects it.
#[derive(Debug, Clone, Deserialize)]
pub struct Push {
    changes: Vec<Change>,
}

#[derive(Debug, Clone, Deserialize)]
struct Change {
    new: Option<Reference>,
    old: Option<Reference>,
}

#[derive(Debug, Clone, Deserialize)]
struct Reference {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
    target: Target,
}

/// A commit that something leads to.
#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    /// Its revision.
    pub hash: String,
}

impl Push {
    /// Each branch and tag, but for those about which nothing is said.
    pub fn pushed(&self) -> impl Iterator<Item = Pushed<'_>> {
        self.changes.iter().filter_map(|Change { new, old }| {
            let reference = new.as_ref().or(old.as_ref())?;
            Some(Pushed { reference: reference.full(), revision: &reference.target.hash, deleted: new.is_none() })
        })
    }
}

impl Reference {
    /// A branch of Mercurial is a `named_branch`.
    fn full(&self) -> Option<String> {
        let name = self.name.as_deref()?;
        match self.kind.as_deref()? {
            "branch" | "named_branch" => Some(format!("refs/heads/{name}")),
            "tag" => Some(format!("refs/tags/{name}")),
            _ => None,
        }
    }
}

/// What became of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullMoment {
    /// It is new.
    Created,
    /// It has new commits, or other words.
    Updated,
    /// It was merged.
    Fulfilled,
    /// It was declined.
    Rejected,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull<'a> {
    /// Its number.
    pub id: u64,
    /// Where people see it.
    pub link: Option<&'a str>,
    /// The newest commit.
    pub revision: &'a str,
    /// The branch that it comes from.
    pub from: &'a str,
    /// The branch that it is for.
    pub to: &'a str,
}

impl Product {
    /// The change of a push; `web` is where people see the repository.
    #[must_use]
    pub fn pushed(self, pushed: &Pushed<'_>, web: &str) -> NewChange {
        let revision = pushed.revision;
        NewChange {
            comments: Some(format!("{} commit {revision}", self.0)),
            revision: Some(revision.into()),
            branch: pushed.reference.clone(),
            category: Some(String::from(if pushed.deleted { "ref-deleted" } else { "push" })),
            revlink: (!web.is_empty()).then(|| format!("{}/commits/{revision}", web.trim_end_matches('/'))),
            ..NewChange::default()
        }
    }

    /// The change of a pull request, with parts of the `whole` payload.
    #[must_use]
    pub fn pull(self, moment: PullMoment, pull: &Pull<'_>, (whitelist, whole): (&Whitelist, &Value)) -> NewChange {
        let id = pull.id;
        let (category, branch) = match moment {
            PullMoment::Created => ("pull-created", format!("refs/pull-requests/{id}/merge")),
            PullMoment::Updated => ("pull-updated", format!("refs/pull-requests/{id}/merge")),
            PullMoment::Fulfilled => ("pull-fulfilled", format!("refs/heads/{}", pull.to)),
            PullMoment::Rejected => ("pull-rejected", format!("refs/heads/{}", pull.from)),
        };
        let change = NewChange {
            comments: Some(format!("{} Pull Request #{id}", self.0)),
            revision: Some(pull.revision.into()),
            branch: Some(branch),
            category: Some(category.into()),
            revlink: pull.link.map(str::to_owned),
            ..NewChange::default()
        };
        whitelist.add(change, "bitbucket", whole).property("pullrequesturl", &pull.link.unwrap_or_default())
    }
}

/// `Ada Lovelace <ada>`, or what of it is known.
#[must_use]
pub fn actor(display: Option<&str>, nick: Option<&str>) -> Option<String> {
    match (display, nick) {
        (Some(display), Some(nick)) => Some(format!("{display} <{nick}>")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}
