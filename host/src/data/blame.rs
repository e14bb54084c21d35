//! Which changes a build brought, and whom it concerns.
//!
//! A build brings what came in since the last successful build of the same codebases on its builder. The walk is
//! bounded: a builder that was never green would otherwise blame the whole history. Where a successful build of the same
//! codebases lies too far back to be looked for, the build is held to have brought its own change alone.

use super::DataError;
use crate::model::*;
use crate::store::Reader;
use serde_json::Value;
use std::collections::BTreeSet;

/// Changes found at most.
const MOST_CHANGES: usize = 1000;

/// Successful builds looked at to find one of the same codebases.
const MOST_BUILDS: usize = 50;

/// The changes of a build, by stamp, the newest first.
pub(super) fn changes(reader: &Reader<'_>, build: &Build, stamps: &[SourceStamp]) -> Result<Vec<Change>, DataError> {
    let before = match previous_success(reader, build, stamps)? {
        Before::Found(stamps) => stamps,
        Before::None => Vec::new(),
        Before::TooFar => return own_changes(reader, stamps),
    };
    let mut found = Vec::new();
    for stamp in stamps {
        let until = match before.iter().find(|other| other.codebase == stamp.codebase) {
            Some(other) => reader.change_of_stamp(other.ssid)?,
            None => None,
        };
        let mut next = reader.change_of_stamp(stamp.ssid)?;
        while let Some(id) = next.filter(|id| Some(*id) != until && found.len() < MOST_CHANGES) {
            let Some(change) = reader.change(id)? else { break };
            next = change.parent_changeids.first().copied();
            found.push(change);
        }
    }
    Ok(found)
}

/// The change of each stamp alone.
fn own_changes(reader: &Reader<'_>, stamps: &[SourceStamp]) -> Result<Vec<Change>, DataError> {
    let mut found = Vec::new();
    for stamp in stamps {
        let change = reader.change_of_stamp(stamp.ssid)?.map(|id| reader.change(id)).transpose()?;
        found.extend(change.flatten());
    }
    Ok(found)
}

/// The stamps of the successful build to compare with.
enum Before {
    Found(Vec<SourceStamp>),
    None,
    TooFar,
}

/// The stamps of the last successful build before this one with the same repositories, branches and codebases.
fn previous_success(reader: &Reader<'_>, build: &Build, stamps: &[SourceStamp]) -> Result<Before, DataError> {
    let candidates = reader.successful_builds_before(build.builderid, build.number, MOST_BUILDS)?;
    let too_far = candidates.len() == MOST_BUILDS;
    for candidate in candidates {
        let Some(request) = reader.buildrequest(candidate.buildrequestid)? else { continue };
        let theirs = reader.sourcestamps_of(request.buildsetid)?;
        if lines(&theirs) == lines(stamps) {
            return Ok(Before::Found(theirs));
        }
    }
    Ok(if too_far { Before::TooFar } else { Before::None })
}

fn lines(stamps: &[SourceStamp]) -> BTreeSet<(&str, Option<&str>, &str)> {
    stamps.iter().map(|s| (s.repository.as_str(), s.branch.as_deref(), s.codebase.as_str())).collect()
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
