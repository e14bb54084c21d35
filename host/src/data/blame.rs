//! Which changes a build brought, and whom it concerns.
//!
//! A build brings what came in since the last successful build of the same codebases on its builder. The walk is
//! bounded: a builder that was never green would otherwise blame the whole history.

use super::DataError;
use crate::model::*;
use crate::store::Reader;
use serde_json::Value;
use std::collections::BTreeSet;

/// Changes found at most.
const MOST_CHANGES: usize = 1000;

/// The changes of a build, by stamp, the newest first.
pub(super) fn changes(reader: &Reader<'_>, build: BuildId) -> Result<Vec<Change>, DataError> {
    let ids = change_ids(reader, build)?;
    let found: Result<Vec<Option<Change>>, _> = ids.into_iter().map(|id| reader.change(id)).collect();
    Ok(found?.into_iter().flatten().collect())
}

/// Their ids alone. None of a build that is not there.
pub(super) fn change_ids(reader: &Reader<'_>, build: BuildId) -> Result<Vec<ChangeId>, DataError> {
    let before = match reader.last_green_before(build)? {
        Some(green) => reader.newest_changes_of(green)?,
        None => Vec::new(),
    };
    let mut found = Vec::new();
    for (_, codebase, newest) in reader.newest_changes_of(build)? {
        let until = before.iter().find(|(_, other, _)| *other == codebase).and_then(|(.., change)| *change);
        if let Some(from) = newest {
            found.extend(reader.changes_back_from(from, until, MOST_CHANGES - found.len())?);
        }
    }
    Ok(found)
}

/// Whom a build concerns: the authors of its changes, and the properties `owner` and `owners`; sorted.
pub(super) fn users(changes: &[Change], properties: &Properties) -> Vec<String> {
    let mut users: BTreeSet<String> = changes.iter().map(|change| change.author.clone()).collect();
    for name in ["owner", "owners"] {
        match properties.get(name).map(|(value, _)| value) {
            Some(Value::String(owner)) => drop(users.insert(owner.clone())),
            Some(Value::Array(owners)) => users.extend(owners.iter().filter_map(Value::as_str).map(str::to_owned)),
            _ => {}
        }
    }
    users.remove("");
    users.into_iter().collect()
}
