//! The step of an HTTP request in the data API: made, described, ended. Performing it is somebody else's.

use super::updates;
use super::updates::Call;
use super::updates::UpdateError;
use super::updates::apply_batch;
use crate::model::BuildId;
use crate::model::Results;
use crate::model::Timestamp;
use crate::model::as_stdout;
use crate::store::StoreError;
use crate::store::Tx;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

/// What it says while it is under way.
const REQUESTING: &str = "Requesting";

/// A step that was made.
#[derive(Clone, Debug, Serialize)]
pub struct BegunStep {
    pub stepid: i64,
    pub number: i64,
    pub name: String,
    #[serde(skip)]
    pub logid: i64,
}

impl BegunStep {
    /// From the results of [`begin_calls`].
    pub fn read(results: &[Value]) -> Option<Self> {
        let (step, log) = (results.first()?, results.last()?);
        Some(Self {
            stepid: step["stepid"].as_i64()?,
            number: step["number"].as_i64()?,
            name: step["name"].as_str()?.to_owned(),
            logid: log.as_i64()?,
        })
    }
}

/// How a step ended, for its last words.
#[derive(Clone, Debug)]
pub struct StepEnd {
    pub results: Results,
    pub state_string: String,
    /// Its log, a line of type `s` each.
    pub log: String,
    /// Each makes a log called `content`.
    pub contents: Vec<String>,
}

/// The update calls that make the step. The first answers what it is, the last the id of its log.
pub fn begin_calls(build: BuildId, name: &str) -> Vec<(&'static str, Value)> {
    let stepid = json!({"$result": [0, "stepid"]});
    vec![
        ("addStep", json!({"buildid": build, "name": name})),
        ("startStep", json!({"stepid": stepid})),
        ("setStepStateString", json!({"stepid": stepid, "state_string": REQUESTING})),
        ("addLog", json!({"stepid": stepid, "name": "log", "type": "s"})),
    ]
}

/// The update calls that end the step.
pub fn end_calls((stepid, logid): (i64, i64), end: &StepEnd) -> Vec<(&'static str, Value)> {
    let mut calls = Vec::new();
    if !end.log.is_empty() {
        calls.push(("appendLog", json!({"logid": logid, "content": end.log})));
    }
    calls.push(("finishLog", json!({"logid": logid})));
    for content in &end.contents {
        let log = json!({"$result": calls.len()});
        calls.push(("addLog", json!({"stepid": stepid, "name": "content", "type": "s"})));
        if !content.is_empty() {
            calls.push(("appendLog", json!({"logid": log, "content": as_stdout(content)})));
        }
        calls.push(("finishLog", json!({"logid": log})));
    }
    calls.push(("setStepStateString", json!({"stepid": stepid, "state_string": end.state_string})));
    calls.push(("finishStep", json!({"stepid": stepid, "results": end.results, "hidden": false})));
    calls
}

/// Makes the step.
pub fn begin(tx: &mut Tx<'_>, (build, name): (BuildId, &str), now: Timestamp) -> Result<BegunStep, UpdateError> {
    if updates::build(tx, build)?.complete {
        return Err(UpdateError::Invalid { param: "build", message: format!("build {build} is finished") });
    }
    let results = apply(tx, begin_calls(build, name), now)?;
    let unread = || StoreError::Corrupt { what: "the results of updates", reason: format!("{results:?}") };
    Ok(BegunStep::read(&results).ok_or_else(unread)?)
}

/// Ends the step.
pub fn end(tx: &mut Tx<'_>, begun: &BegunStep, (end, now): (&StepEnd, Timestamp)) -> Result<(), UpdateError> {
    apply(tx, end_calls((begun.stepid, begun.logid), end), now).map(|_| ())
}

fn apply(tx: &mut Tx<'_>, calls: Vec<(&'static str, Value)>, now: Timestamp) -> Result<Vec<Value>, UpdateError> {
    let calls = calls.into_iter().map(|(method, params)| Call::parse(method.to_owned(), &params.to_string(), None));
    apply_batch(calls.collect::<Result<_, _>>()?, tx, now)
}
