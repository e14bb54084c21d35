//! What a Buildbot posts of its builds (HttpStatusPush): its builders, requests, builds, steps and logs become ours.
//!
//! A Buildbot is a master of ours, called by the address of its pages. Its ids are its own, and the store knows which of
//! ours each is; so a post that comes twice, late or after a later one adds only what is missing. What it says is
//! written by the update methods, at the times that it gives.
//!
//! Not here: HTTP (`api`), and who may post.

mod builds;
mod changes;
mod places;
mod requests;
mod steps;
mod told;

pub use told::Told;

use crate::data::updates::Update;
use crate::data::updates::UpdateError;
use crate::model::*;
use crate::store::Tx;
use serde::Serialize;
use serde_json::Value;

/// Which of ours it is that was told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Taken {
    pub masterid: MasterId,
    pub builderid: BuilderId,
    pub buildrequestid: BuildRequestId,
    /// Absent while nobody builds it.
    pub buildid: Option<BuildId>,
}

/// Writes what one post tells. `now` is when it came.
pub fn ingest(tx: &mut Tx<'_>, told: &[Told], now: Timestamp) -> Result<Vec<Taken>, UpdateError> {
    told.iter().map(|told| one(tx, told, now)).collect()
}

fn one(tx: &mut Tx<'_>, told: &Told, now: Timestamp) -> Result<Taken, UpdateError> {
    let site = told.site()?;
    let mut from = From { masterid: places::master(tx, site, now)?, site, tx, now };
    let builderid = from.builder(&told.builder)?;
    from.changes(told)?;
    let buildrequestid = from.request(told, builderid)?;
    let buildid = match told.buildid {
        Some(theirs) => Some(from.build(told, theirs, (builderid, buildrequestid))?),
        None => {
            from.request_without_build(told, buildrequestid)?;
            None
        }
    };
    Ok(Taken { masterid: from.masterid, builderid, buildrequestid, buildid })
}

/// The master that tells, and where it is written down.
struct From<'t, 'c> {
    tx: &'t mut Tx<'c>,
    masterid: MasterId,
    /// The address of its pages.
    site: &'t str,
    now: Timestamp,
}

impl From<'_, '_> {
    /// Calls an update method, as of `at`.
    fn call(&mut self, method: &str, params: &Value, at: Timestamp) -> Result<Value, UpdateError> {
        call(self.tx, (method, params), at)
    }

    /// A time that was not said is that of the post.
    fn at(&self, said: Option<Timestamp>) -> Timestamp {
        said.unwrap_or(self.now)
    }
}

fn call(tx: &mut Tx<'_>, (method, params): (&str, &Value), at: Timestamp) -> Result<Value, UpdateError> {
    let done = Update::parse(method, &params.to_string()).and_then(|update| update.apply(tx, at));
    done.map_err(|error| match error {
        UpdateError::Invalid { .. } => UpdateError::Params { method: method.to_owned(), message: error.to_string() },
        error => error,
    })
}
