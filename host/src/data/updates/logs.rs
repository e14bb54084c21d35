//! Logs: added under a slug of their own, appended to, finished.

use super::Apply;
use super::UpdateError;
use super::emit;
use super::params;
use crate::model::*;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

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
        let mut slug = log_slug(&self.name);
        while tx.log_by_slug(self.stepid, &slug)?.is_some() {
            slug = next_slug(&slug);
        }
        let logid = tx.insert_log(self.stepid, (&self.name, &slug), self.kind)?;
        tell(tx, now, logid, "new")?;
        Ok(json!(logid))
    }
}

/// Appends whole lines. In a `stdio` log each begins with its stream: `o`, `e` or `h`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppendLog {
    logid: LogId,
    content: String,
}

impl Apply for AppendLog {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let log = params::log(tx, self.logid)?;
        let Some(content) = self.content.strip_suffix('\n') else {
            return Err(UpdateError::invalid("content", "it must end with a line end"));
        };
        if log.complete {
            return Err(UpdateError::invalid("logid", format!("log {} is finished", log.logid)));
        }
        if log.kind == LogKind::Stdio {
            check_streams(content)?;
        }
        let (first, last) = tx.append_lines(&log, content)?;
        tell(tx, now, log.logid, "append")?;
        Ok(json!([first, last]))
    }
}

fn check_streams(content: &str) -> Result<(), UpdateError> {
    let wrong = content.split('\n').position(|line| !line.starts_with(['o', 'e', 'h']));
    match wrong {
        None => Ok(()),
        Some(line) => {
            let message = format!("line {line} of a stdio log must begin with o, e or h, its stream");
            Err(UpdateError::invalid("content", message))
        }
    }
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

/// Buildbot's hint that nothing more comes; returns the bytes saved, which is none: chunks are stored well at once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompressLog {
    logid: LogId,
}

impl Apply for CompressLog {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        params::log(tx, self.logid)?;
        Ok(json!(0))
    }
}

fn tell(tx: &mut Tx<'_>, now: Timestamp, id: LogId, what: &str) -> Result<Value, UpdateError> {
    let log = params::log(tx, id)?;
    emit::log(tx, now, &log, what)?;
    Ok(Value::Null)
}
