//! The acts: what is written for each thing that may be asked for.

use crate::data::updates;
use crate::data::updates::UpdateError;
use crate::model::*;
use crate::store::Tx;
use serde_json::Value;
use serde_json::json;

/// Asks the engine to stop a build. One that listens hears it, and one that was away finds it.
pub(super) fn stop(tx: &mut Tx<'_>, now: Timestamp, build: BuildId, reason: &str) -> Result<Value, UpdateError> {
    let found = updates::build(tx, build)?;
    if !found.complete {
        tx.put_order((found.buildrequestid, Some(build)), ("stop", reason), now)?;
    }
    tell(tx, now, format!("control/builds/{build}/stop"), &json!({"reason": reason}))
}

/// Asks once more for what the build's request asked for.
pub(super) fn rebuild(tx: &mut Tx<'_>, now: Timestamp, build: BuildId) -> Result<Value, UpdateError> {
    let request = updates::build(tx, build)?.buildrequestid;
    Ok(pair(updates::rebuild(tx, now, request)?))
}

/// Cancels a request that nobody claimed; asks for the end of the builds of one that is claimed. One that is complete
/// is left alone.
pub(super) fn cancel(tx: &mut Tx<'_>, now: Timestamp, id: BuildRequestId, reason: &str) -> Result<Value, UpdateError> {
    let request = updates::buildrequest(tx, id)?;
    if request.complete {
        return Ok(Value::Null);
    }
    tell(tx, now, format!("control/buildrequests/{id}/cancel"), &json!({"reason": reason}))?;
    if request.claimed {
        tx.put_order((id, None), ("cancel", reason), now)?;
        for build in tx.builds_of_request(id)?.iter().filter(|build| !build.complete) {
            stop(tx, now, build.buildid, reason)?;
        }
        return Ok(Value::Null);
    }
    updates::complete(tx, (now, now), vec![id], Results::Cancelled)?;
    let body = json!(updates::buildrequest(tx, id)?);
    tell(tx, now, format!("buildrequests/{id}/cancel"), &body)
}

pub(super) fn set_priority(
    tx: &mut Tx<'_>,
    now: Timestamp,
    id: BuildRequestId,
    priority: i64,
) -> Result<Value, UpdateError> {
    updates::buildrequest(tx, id)?;
    tx.set_buildrequest_priority(id, priority)?;
    tell(tx, now, format!("control/buildrequests/{id}/set_priority"), &json!({"priority": priority}))
}

/// Asks the engine to do something with a worker. Buildbot says `worker` in these paths, and `workers` in all others.
pub(super) fn worker(
    tx: &mut Tx<'_>,
    now: Timestamp,
    id: WorkerId,
    (verb, reason): (&str, &str),
) -> Result<Value, UpdateError> {
    tell(tx, now, format!("control/worker/{id}/{verb}"), &json!({"reason": reason}))
}

/// What `addBuildset` returns, as Buildbot's posts say it.
pub(super) fn pair(mut added: Value) -> Value {
    json!([added["bsid"].take(), added["brids"].take()])
}

pub(super) fn tell(tx: &mut Tx<'_>, now: Timestamp, topic: String, body: &Value) -> Result<Value, UpdateError> {
    tx.append_event(now, NewEvent { topics: vec![topic], body: body.to_string() })?;
    Ok(Value::Null)
}
