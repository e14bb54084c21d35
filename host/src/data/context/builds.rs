//! Builds as Buildbot hands them to formatters: with all that belongs to them in them.

use super::log_contents;
use super::log_contents::Budget;
use super::merge;
use crate::data::DataError;
use crate::data::Site;
use crate::data::urls;
use crate::model::*;
use crate::store::Reader;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// What the builds of one context share.
pub(super) struct Telling<'a> {
    /// Absent where no log's content is told.
    pub(super) reader: Option<&'a Reader<'a>>,
    pub(super) site: &'a Site,
    pub(super) scope: &'a Extent,
}

pub(super) fn build_dict(telling: &Telling<'_>, report: &BuildReport, left: &mut Budget) -> Result<Value, DataError> {
    let mut dict = object(json!(report.build));
    merge(
        &mut dict,
        json!({
            "builder": report.builder,
            "buildrequest": report.request,
            "buildset": report.buildset,
            "parentbuild": report.parent.as_ref().map(|parent| &parent.build),
            "parentbuilder": report.parent.as_ref().map(|parent| &parent.builder),
            "url": report.url,
            "prev_build": report.previous,
            "changes": report.changes,
        }),
    );
    match telling.scope.properties {
        true => dict.insert("properties".to_owned(), json!(report.properties)),
        false => dict.remove("properties"),
    };
    if telling.scope.has_steps() {
        let steps = report.steps.iter().map(|step| step_dict(telling, step, left));
        dict.insert("steps".to_owned(), Value::Array(steps.collect::<Result<_, _>>()?));
    }
    Ok(Value::Object(dict))
}

fn step_dict(telling: &Telling<'_>, step: &StepWithLogs, left: &mut Budget) -> Result<Value, DataError> {
    let mut dict = object(json!(step.step));
    if telling.scope.has_logs() {
        let logs = step.logs.iter().map(|log| log_dict(telling, &step.step, log, left));
        dict.insert("logs".to_owned(), Value::Array(logs.collect::<Result<_, _>>()?));
    }
    Ok(Value::Object(dict))
}

fn log_dict(telling: &Telling<'_>, step: &Step, report: &LogReport, left: &mut Budget) -> Result<Value, DataError> {
    let mut dict = object(json!(report.log));
    merge(
        &mut dict,
        json!({
            "stepname": step.name,
            "url": report.url,
            "url_raw": urls::log_raw(telling.site, &report.log, false),
            "url_raw_inline": urls::log_raw(telling.site, &report.log, true),
        }),
    );
    if let Some(reader) = telling.reader
        && telling.scope.contents.include(&step.name, &report.log.name)
    {
        dict.insert("content".to_owned(), log_contents::tail(reader, &report.log, left)?);
    }
    Ok(Value::Object(dict))
}

/// A request that has no build yet, told as one.
pub(super) fn request_dict(report: &RequestReport, properties: bool) -> Value {
    let none = Properties::new();
    json!({
        "buildrequest": report.request, "buildset": report.buildset, "builder": report.builder,
        "builderid": report.builder.builderid, "url": report.url, "complete": report.request.complete,
        "results": Results::from_code(report.request.results),
        "properties": if properties { &report.properties } else { &none },
    })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
