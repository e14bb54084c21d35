//! Changes.

use super::Apply;
use super::UpdateError;
use super::emit;
use super::params;
use super::users;
use crate::model::*;
use crate::store::NewChange;
use crate::store::NewSourceStamp;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;

/// Who set the properties of a change.
const SOURCE: &str = "Change";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddChange {
    #[serde(default)]
    files: Option<Vec<String>>,
    #[serde(default)]
    comments: Option<String>,
    #[serde(default)]
    author: Option<String>,
    #[serde(default)]
    committer: Option<String>,
    #[serde(default)]
    revision: Option<String>,
    #[serde(default)]
    when_timestamp: Option<Timestamp>,
    #[serde(default)]
    branch: Option<String>,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    revlink: Option<String>,
    #[serde(default)]
    properties: BTreeMap<String, Value>,
    #[serde(default)]
    repository: String,
    #[serde(default)]
    codebase: Option<String>,
    #[serde(default)]
    project: String,
    /// The kind of version control, by which the author is found among the users.
    #[serde(default)]
    src: Option<String>,
}

impl Apply for AddChange {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        if let Some(src) = &self.src {
            params::line("src", src)?;
        }
        let codebase = self.codebase.unwrap_or_default();
        let stamp = NewSourceStamp {
            branch: self.branch.clone(),
            revision: self.revision.clone(),
            repository: self.repository.clone(),
            project: self.project.clone(),
            codebase: codebase.clone(),
            patch: None,
        };
        params::stamp(&stamp)?;
        let revlink = self.revlink.filter(|link| !link.is_empty());
        let revlink = revlink.or_else(|| revlink_of(&stamp)).unwrap_or_default();
        let ssid = tx.put_sourcestamp(&stamp, now)?;
        let change = NewChange {
            author: self.author.unwrap_or_default(),
            committer: self.committer,
            comments: self.comments.unwrap_or_default(),
            files: self.files.unwrap_or_default(),
            when_timestamp: self.when_timestamp.unwrap_or(now),
            branch: self.branch,
            revision: self.revision,
            revlink: Some(revlink),
            category: self.category,
            repository: self.repository,
            project: self.project,
            codebase,
            properties: self.properties.into_iter().map(|(name, value)| (name, of_change(value))).collect(),
            ssid,
        };
        let id = tx.insert_change(&change)?;
        if let Some(src) = &self.src {
            users::link(tx, id, src, &change.author)?;
        }
        let change = tx.change(id)?.ok_or(UpdateError::NotFound { kind: "change", param: "changeid", id: id.0 })?;
        emit::event(tx, now, vec![format!("changes/{id}/new")], &change)?;
        Ok(json!(id))
    }
}

impl From<NewHookChange> for AddChange {
    fn from(change: NewHookChange) -> Self {
        Self {
            files: Some(change.files),
            comments: change.comments,
            author: change.author,
            committer: change.committer,
            revision: change.revision,
            when_timestamp: change.when_timestamp,
            branch: change.branch,
            category: change.category,
            revlink: change.revlink,
            properties: change.properties,
            repository: change.repository,
            codebase: change.codebase,
            project: change.project,
            src: change.src,
        }
    }
}

fn revlink_of(stamp: &NewSourceStamp) -> Option<String> {
    stamp.revision.as_deref().and_then(|revision| revlink(&stamp.repository, revision))
}

/// A value alone, or with the source that it is given anyway.
fn of_change(value: Value) -> (Value, String) {
    match value {
        Value::Array(pair) if matches!(pair.as_slice(), [_, Value::String(source)] if source == SOURCE) => {
            (pair.into_iter().next().unwrap_or_default(), SOURCE.to_owned())
        }
        value => (value, SOURCE.to_owned()),
    }
}
