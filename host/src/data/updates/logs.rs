//! Logs: added under a slug of their own, appended to, finished.

use super::Apply;
use super::UpdateError;
use super::emit;
use super::numbered;
use super::params;
use crate::data::logs::Prepared;
use crate::data::logs::merge_some;
use crate::data::logs::prepare_text;
use crate::data::logs::unmarked;
use crate::model::*;
use crate::store::Names;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

/// Logs of one step; a loop in a CI system shall not fill the disk.
const MOST_LOGS: i64 = 1000;

/// The longest slug, in characters.
const LONGEST_SLUG: usize = 50;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddLog {
    stepid: StepId,
    name: String,
    #[serde(rename = "type")]
    kind: LogKind,
}

impl Apply for AddLog {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::name("name", &self.name)?;
        if self.kind == LogKind::Deleted {
            return Err(UpdateError::invalid("type", "a log cannot be added as deleted"));
        }
        params::step(tx, self.stepid)?;
        if tx.count_logs(self.stepid)? >= MOST_LOGS {
            return Err(UpdateError::invalid("stepid", format!("the step has {MOST_LOGS} logs already")));
        }
        let slug = free_slug(tx, self.stepid, log_slug(&self.name))?;
        let logid = tx.insert_log(self.stepid, (&self.name, &slug), self.kind)?;
        tell(tx, now, logid, "new")?;
        Ok(json!(logid))
    }
}

/// `stdio`, `stdio_2`, `stdio_3`, …: the first that is free in the step.
fn free_slug(tx: &mut Tx<'_>, step: StepId, asked: String) -> Result<String, UpdateError> {
    let names = Names::LogSlugs(step);
    if !tx.has_name(names, &asked)? {
        return Ok(asked);
    }
    let (stem, number) = numbered_parts(&asked);
    numbered::free(tx, names, (stem, number + 1), LONGEST_SLUG)
}

/// Appends whole lines. In a `stdio` log each begins with its stream: `o`, `e` or `h`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppendLog {
    logid: LogId,
    #[schemars(with = "String")]
    content: Content,
}

/// Lines that were made ready when the call was read, so that the writer has only to write them.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Content {
    lines: Prepared,
    /// The first line that does not begin with a stream.
    unmarked: Option<i64>,
}

impl TryFrom<String> for Content {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let Some(lines) = text.strip_suffix('\n') else { return Err("it must end with a line end".to_owned()) };
        let unmarked = unmarked(lines).map(|(line, _)| line);
        let lines = prepare_text(&text).map_err(|error| error.to_string())?;
        Ok(Self { lines, unmarked })
    }
}

impl Apply for AppendLog {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let log = params::log(tx, self.logid)?;
        if log.complete {
            return Err(UpdateError::invalid("logid", format!("log {} is finished", log.logid)));
        }
        if log.kind == LogKind::Deleted {
            return Err(UpdateError::invalid("logid", format!("log {} was deleted", log.logid)));
        }
        if let (LogKind::Stdio, Some(line)) = (log.kind, self.content.unmarked) {
            let message = format!("line {line} of a stdio log must begin with o, e or h, its stream");
            return Err(UpdateError::invalid("content", message));
        }
        let num_lines = tx.append_chunks(&log, &self.content.lines.chunks)?;
        append_event(tx, now, &log, num_lines)?;
        Ok(json!({"first_line": log.num_lines, "last_line": num_lines - 1}))
    }
}

/// Tells of lines appended to a log that had fewer.
pub(in crate::data) fn append_event(
    tx: &mut Tx<'_>,
    now: Timestamp,
    before: &Log,
    num_lines: i64,
) -> Result<(), UpdateError> {
    emit::log(tx, now, &Log { num_lines, ..before.clone() }, "append")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishLog {
    pub(super) logid: LogId,
}

impl Apply for FinishLog {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        if params::log(tx, self.logid)?.complete {
            // As with builds: a repeated call is no second end.
            return Ok(Value::Null);
        }
        tx.finish_log(self.logid)?;
        tell(tx, now, self.logid, "finished")
    }
}

/// Puts small chunks together, and returns the bytes saved. Of a long log it does the beginning, so that other calls do
/// not wait; the rest is done in the background when the log is finished, as it is without this call.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompressLog {
    logid: LogId,
}

impl Apply for CompressLog {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        let log = params::log(tx, self.logid)?;
        Ok(json!(merge_some(tx, log.logid)?))
    }
}

fn tell(tx: &mut Tx<'_>, now: Timestamp, id: LogId, what: &str) -> Result<Value, UpdateError> {
    let log = params::log(tx, id)?;
    emit::log(tx, now, &log, what)?;
    Ok(Value::Null)
}
