//! Build requests: claimed by a master, given back, completed.

use super::Apply;
use super::MASTER;
use super::UpdateError;
use super::buildsets;
use super::emit;
use super::params;
use crate::model::*;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Claims all of them or none; `false` when one is taken.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimBuildRequests {
    brids: Vec<BuildRequestId>,
    #[serde(default)]
    claimed_at: Option<Timestamp>,
    #[serde(default)]
    masterid: Option<MasterId>,
}

impl Apply for ClaimBuildRequests {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let master = self.masterid.unwrap_or(MASTER);
        params::master(tx, master)?;
        let brids = distinct(self.brids);
        for &id in &brids {
            let request = params::buildrequest(tx, id)?;
            if request.claimed || request.complete {
                return Ok(Value::Bool(false));
            }
        }
        for id in brids {
            tx.claim_buildrequest(id, master, self.claimed_at.unwrap_or(now))?;
            tell(tx, now, id, "claimed")?;
        }
        Ok(Value::Bool(true))
    }
}

/// Gives back what this master claimed; others' claims stay.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnclaimBuildRequests {
    brids: Vec<BuildRequestId>,
    #[serde(default)]
    masterid: Option<MasterId>,
}

impl Apply for UnclaimBuildRequests {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let master = self.masterid.unwrap_or(MASTER);
        params::master(tx, master)?;
        for id in distinct(self.brids) {
            params::buildrequest(tx, id)?;
            if tx.unclaim_buildrequest(id, master)? {
                tell(tx, now, id, "unclaimed")?;
            }
        }
        Ok(Value::Null)
    }
}

/// Completes all of them or none; `false` when one is complete already. Buildsets without open requests are completed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteBuildRequests {
    brids: Vec<BuildRequestId>,
    results: Results,
    #[serde(default)]
    complete_at: Option<Timestamp>,
}

impl Apply for CompleteBuildRequests {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        if self.results == Results::Retry {
            return Err(UpdateError::invalid("results", "a request does not end with retry: unclaim it"));
        }
        let complete_at = self.complete_at.unwrap_or(now);
        Ok(Value::Bool(complete(tx, (now, complete_at), distinct(self.brids), self.results)?))
    }
}

/// Completes open requests, then the buildsets that have no open request any more; `false` and nothing when one is
/// complete already.
pub(in crate::data) fn complete(
    tx: &mut Tx<'_>,
    (now, complete_at): (Timestamp, Timestamp),
    brids: Vec<BuildRequestId>,
    results: Results,
) -> Result<bool, UpdateError> {
    let mut buildsets = BTreeSet::new();
    for &id in &brids {
        let request = params::buildrequest(tx, id)?;
        if request.complete {
            return Ok(false);
        }
        buildsets.insert(request.buildsetid);
    }
    for id in brids {
        tx.complete_buildrequest(id, results, complete_at)?;
        tell(tx, now, id, "complete")?;
    }
    for buildset in buildsets {
        buildsets::complete_if_done(tx, now, buildset)?;
    }
    Ok(true)
}

/// In their order, each once: who names a request twice means it once.
fn distinct(brids: Vec<BuildRequestId>) -> Vec<BuildRequestId> {
    let mut seen = BTreeSet::new();
    brids.into_iter().filter(|id| seen.insert(*id)).collect()
}

fn tell(tx: &mut Tx<'_>, now: Timestamp, id: BuildRequestId, what: &str) -> Result<(), UpdateError> {
    let request = params::buildrequest(tx, id)?;
    emit::buildrequest(tx, now, &request, what)
}
