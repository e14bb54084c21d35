//! Steps that the host performs itself: begun once under a key, and ended, if need be by the next life of the process.
//!
//! Invariants: that a step is being performed is written with the step, and its end with the answer to who asked. So a
//! request is made at most once under a key: a step that may have made its own is never begun again.

use super::BegunStep;
use super::StepEnd;
use super::begin_calls;
use super::read_calls;
use super::unread;
use crate::data::updates;
use crate::data::updates::Call;
use crate::data::updates::UpdateError;
use crate::data::updates::apply_batch;
use crate::data::updates::idempotency;
use crate::data::updates::idempotency::Key;
use crate::model::BuildId;
use crate::model::HttpStepLog;
use crate::model::Results;
use crate::model::StepId;
use crate::model::Timestamp;
use crate::model::http_step_state;
use crate::store::Reader;
use crate::store::Tx;
use serde_json::json;

/// Why a step ended that the host was performing when it ended itself.
const KILLED: &str = "the host ended during the request, which may have been made or not";

/// What became of an earlier call with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Earlier {
    Answered(String),
    UnderWay(StepId),
}

/// What became of a call.
#[derive(Clone, Debug)]
pub enum Begun {
    New(BegunStep),
    Earlier(Earlier),
}

/// Looks for an earlier call with this key.
pub fn earlier(reader: &Reader<'_>, key: &Key, now: Timestamp) -> Result<Option<Earlier>, UpdateError> {
    if let Some(answer) = idempotency::earlier(reader, now, key)? {
        return Ok(Some(Earlier::Answered(answer)));
    }
    let Some((step, request)) = reader.http_step_of(&key.unanswered().key)? else { return Ok(None) };
    key.check(&request)?;
    Ok(Some(Earlier::UnderWay(step)))
}

/// Makes the step, unless an earlier call did.
pub fn begin(
    tx: &mut Tx<'_>,
    (build, name): (BuildId, &str),
    key: Option<&Key>,
    now: Timestamp,
) -> Result<Begun, UpdateError> {
    if let Some(key) = key
        && let Some(earlier) = earlier(tx, key, now)?
    {
        return Ok(Begun::Earlier(earlier));
    }
    if updates::build(tx, build)?.complete {
        return Err(UpdateError::Invalid { param: "build", message: format!("build {build} is finished") });
    }
    let results = apply_batch(read_calls(begin_calls(build, name))?, tx, now)?;
    let begun = BegunStep::read(&results).ok_or_else(|| unread(&results))?;
    tx.put_http_step(StepId(begun.stepid), key.map(Key::unanswered).as_ref())?;
    Ok(Begun::New(begun))
}

/// What a call is answered when its step has ended.
pub fn answer(begun: &BegunStep, results: Results, status: Option<u16>) -> String {
    let mut answer = json!(begun);
    answer["results"] = json!(results);
    answer["state_string"] = json!(http_step_state(results, status));
    answer["status"] = json!(status);
    json!({"result": answer}).to_string()
}

/// Ends the step by `calls`, and answers who asked for it.
pub fn end(
    tx: &mut Tx<'_>,
    begun: &BegunStep,
    (calls, answer): (Vec<Call>, String),
    now: Timestamp,
) -> Result<(), UpdateError> {
    apply_batch(calls, tx, now)?;
    answered(tx, StepId(begun.stepid), answer, now)
}

/// The same where somebody else ended a part of it: ends what is still open, with `end.log` where there is room for it.
pub fn end_rest(
    tx: &mut Tx<'_>,
    begun: &BegunStep,
    (end, answer): (&StepEnd, String),
    now: Timestamp,
) -> Result<(), UpdateError> {
    let id = StepId(begun.stepid);
    let mut calls = Vec::new();
    for log in tx.logs_of(id)?.into_iter().filter(|log| !log.complete) {
        if log.logid.0 == begun.logid {
            calls.push(("appendLog", json!({"logid": log.logid, "content": end.log})));
        }
        calls.push(("finishLog", json!({"logid": log.logid})));
    }
    if tx.step(id)?.is_some_and(|step| !step.complete) {
        calls.push(("setStepStateString", json!({"stepid": id, "state_string": end.state_string})));
        calls.push(("finishStep", json!({"stepid": id, "results": end.results, "hidden": false})));
    }
    apply_batch(read_calls(calls)?, tx, now)?;
    answered(tx, id, answer, now)
}

/// Ends a step that an earlier life of the host left under way. Whether its request was made nobody knows.
pub fn end_left(tx: &mut Tx<'_>, id: StepId, now: Timestamp) -> Result<(), UpdateError> {
    let Some(step) = tx.step(id)? else { return Ok(()) };
    let logid = tx.logs_of(id)?.first().map_or(0, |log| log.logid.0);
    let begun = BegunStep { stepid: id.0, number: step.number, name: step.name, logid };
    let mut log = HttpStepLog::default();
    log.failed(KILLED);
    let results = Results::Exception;
    let state_string = http_step_state(results, None);
    let end = StepEnd { results, state_string, log: log.take(), contents: Vec::new() };
    end_rest(tx, &begun, (&end, answer(&begun, results, None)), now)
}

fn answered(tx: &mut Tx<'_>, id: StepId, answer: String, now: Timestamp) -> Result<(), UpdateError> {
    match tx.remove_http_step(id)? {
        Some(call) => idempotency::keep(tx, now, call, answer),
        None => Ok(()),
    }
}
