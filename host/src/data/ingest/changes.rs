//! Changes, where they are told: HttpStatusPush leaves them out unless its formatter puts them there.

use super::From;
use super::places::id_of;
use super::requests::is_same;
use super::told::ChangeTold;
use super::told::Told;
use super::told::fit;
use crate::data::updates::UpdateError;
use crate::model::*;
use serde_json::Value;
use serde_json::json;

impl From<'_, '_> {
    /// The changes that are new.
    pub(super) fn changes(&mut self, told: &Told) -> Result<(), UpdateError> {
        for change in told.changes.iter().flatten() {
            let known = match self.tx.ingested::<ChangeId>(self.masterid, change.changeid)? {
                Some(id) => self.tx.change(id)?,
                None => None,
            };
            if known.is_none_or(|ours| !is_same(change.when_timestamp, ours.when_timestamp)) {
                let id = ChangeId(id_of(&self.call("addChange", &params(change), self.at(change.when_timestamp))?)?);
                self.tx.put_ingested((self.masterid, change.changeid), id, None)?;
            }
        }
        Ok(())
    }
}

/// A change as `addChange` takes it.
fn params(told: &ChangeTold) -> Value {
    json!({
        "author": told.author,
        "committer": told.committer,
        "comments": told.comments,
        "files": told.files,
        "when_timestamp": told.when_timestamp,
        "branch": told.branch.as_deref().map(fit),
        "revision": told.revision.as_deref().map(fit),
        "revlink": told.revlink,
        "category": told.category,
        "repository": fit(told.repository.as_deref().unwrap_or_default()),
        "project": fit(told.project.as_deref().unwrap_or_default()),
        "codebase": told.codebase.as_deref().map(fit),
        "properties": told.properties.as_ref().filter(|all| all.is_object()).unwrap_or(&json!({})),
    })
}
