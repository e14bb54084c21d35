//! The step of an HTTP request in the data API: made, described, ended. Making the request is somebody else's.
//!
//! Invariant: what has a long text in it names no result of another call, so that it is read before the writer has it.

mod performed;

pub use performed::Begun;
pub use performed::Earlier;
pub use performed::answer;
pub use performed::begin;
pub use performed::earlier;
pub use performed::end;
pub use performed::end_left;
pub use performed::end_rest;

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

/// The update calls that make the logs called `content`; each answers the id of one.
pub fn content_calls(begun: &BegunStep, count: usize) -> Vec<(&'static str, Value)> {
    let call = ("addLog", json!({"stepid": begun.stepid, "name": "content", "type": "s"}));
    std::iter::repeat_n(call, count).collect()
}

/// The ids in the results of [`content_calls`].
pub fn content_ids(results: &[Value]) -> Option<Vec<i64>> {
    results.iter().map(Value::as_i64).collect()
}

/// The update calls that end the step; `contents` are the ids of its logs called `content`.
pub fn end_calls(begun: &BegunStep, contents: &[i64], end: &StepEnd) -> Vec<(&'static str, Value)> {
    let mut calls = Vec::new();
    let logs = std::iter::once((begun.logid, end.log.clone()));
    let texts = end.contents.iter().map(|content| as_stdout(content)).chain(std::iter::repeat(String::new()));
    for (logid, text) in logs.chain(contents.iter().copied().zip(texts)) {
        if !text.is_empty() {
            calls.push(("appendLog", json!({"logid": logid, "content": text})));
        }
        calls.push(("finishLog", json!({"logid": logid})));
    }
    let stepid = begun.stepid;
    calls.push(("setStepStateString", json!({"stepid": stepid, "state_string": end.state_string})));
    calls.push(("finishStep", json!({"stepid": stepid, "results": end.results, "hidden": false})));
    calls
}

/// Calls as they are written; that of a long text takes its time.
pub fn read_calls(calls: Vec<(&'static str, Value)>) -> Result<Vec<Call>, UpdateError> {
    calls.into_iter().map(|(method, params)| Call::parse(method.to_owned(), &params.to_string(), None)).collect()
}

/// Makes the logs called `content`.
pub fn add_contents(tx: &mut Tx<'_>, calls: Vec<Call>, now: Timestamp) -> Result<Vec<i64>, UpdateError> {
    let results = apply_batch(calls, tx, now)?;
    content_ids(&results).ok_or_else(|| unread(&results))
}

fn unread(results: &[Value]) -> UpdateError {
    StoreError::Corrupt { what: "the results of updates", reason: format!("{results:?}") }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_gets_texts_that_were_read() {
        let begun = BegunStep { stepid: 1, number: 0, name: "HTTPStep".to_owned(), logid: 7 };
        let (log, contents) = ("oa\n".to_owned(), vec!["b \"$result\"".to_owned(), String::new()]);
        let end = StepEnd { results: Results::Success, state_string: "done".to_owned(), log, contents };
        let said = end_calls(&begun, &[8, 9], &end);
        let texts: Vec<_> =
            said.iter().filter(|(method, _)| *method == "appendLog").map(|(_, params)| params).collect();
        assert_eq!(
            texts,
            [&json!({"logid": 7, "content": "oa\n"}), &json!({"logid": 8, "content": "ob \"$result\"\n"})]
        );
        assert_eq!(said.iter().filter(|(method, _)| *method == "finishLog").count(), 3);
        let read = read_calls(said).unwrap();
        assert!(read.iter().all(|call| matches!(call, Call::Ready { .. })), "{read:?}");
    }
}
