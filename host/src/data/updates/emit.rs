//! The events of updates: each resource with the paths it goes by, read again after the write.

use super::UpdateError;
use crate::model::*;
use crate::store::StoreError;
use crate::store::Tx;
use serde::Serialize;

/// Appends an event whose body is `body`.
pub(super) fn event(
    tx: &mut Tx<'_>,
    now: Timestamp,
    topics: Vec<String>,
    body: &impl Serialize,
) -> Result<(), UpdateError> {
    let body = serde_json::to_string(body)
        .map_err(|error| StoreError::Corrupt { what: "an event's body", reason: error.to_string() })?;
    tx.append_event(now, NewEvent { topics, body })?;
    Ok(())
}

pub(super) fn build(tx: &mut Tx<'_>, now: Timestamp, build: &Build, what: &str) -> Result<(), UpdateError> {
    let mut topics = vec![
        format!("builders/{}/builds/{}/{what}", build.builderid, build.number),
        format!("builds/{}/{what}", build.buildid),
    ];
    if let Some(worker) = build.workerid {
        topics.push(format!("workers/{worker}/builds/{}/{what}", build.buildid));
    }
    event(tx, now, topics, build)
}

pub(super) fn step(tx: &mut Tx<'_>, now: Timestamp, step: &Step, what: &str) -> Result<(), UpdateError> {
    let topics =
        vec![format!("builds/{}/steps/{}/{what}", step.buildid, step.stepid), format!("steps/{}/{what}", step.stepid)];
    event(tx, now, topics, step)
}

pub(super) fn log(tx: &mut Tx<'_>, now: Timestamp, log: &Log, what: &str) -> Result<(), UpdateError> {
    let topics = vec![format!("logs/{}/{what}", log.logid), format!("steps/{}/logs/{}/{what}", log.stepid, log.slug)];
    event(tx, now, topics, log)
}

pub(super) fn buildrequest(
    tx: &mut Tx<'_>,
    now: Timestamp,
    request: &BuildRequest,
    what: &str,
) -> Result<(), UpdateError> {
    let (id, builder) = (request.buildrequestid, request.builderid);
    let topics = vec![
        format!("buildsets/{}/builders/{builder}/buildrequests/{id}/{what}", request.buildsetid),
        format!("buildrequests/{id}/{what}"),
        format!("builders/{builder}/buildrequests/{id}/{what}"),
    ];
    event(tx, now, topics, request)
}
