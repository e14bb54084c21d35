//! What the older Buildbot's JSON said of builds, steps, requests, changes and workers.

use campanile_sdk::contract::Build;
use campanile_sdk::contract::Buildset;
use campanile_sdk::contract::Change;
use campanile_sdk::contract::Log;
use campanile_sdk::contract::Property;
use campanile_sdk::contract::RequestReport;
use campanile_sdk::contract::SourceStamp;
use campanile_sdk::contract::Step;
use campanile_sdk::prelude::*;
use serde_json::Value;
use serde_json::json;

pub(crate) fn build(report: &BuildReport) -> Value {
    let Build { number, started_at, complete_at, results, state_string, .. } = &report.build;
    let steps: Vec<Value> = report.steps.iter().map(|told| step(told, logs(&told.logs))).collect();
    let current = report.steps.iter().position(|step| step.started_at.is_some() && step.complete_at.is_none());
    json!({
        "builderName": report.builder.name,
        "number": number,
        "sourceStamps": source_stamps(&report.buildset),
        "reason": report.buildset.reason,
        "blame": report.users,
        "properties": properties(&report.properties),
        "times": [started_at, complete_at],
        "text": [state_string],
        "results": results.map(Results::code),
        "slave": report.property_text("workername").or_else(|| report.property_text("slavename")),
        "logs": report.steps.iter().flat_map(|step| logs(&step.logs)).collect::<Vec<_>>(),
        "steps": steps,
        "currentStep": current.map(|at| &steps[at]),
    })
}

pub(crate) fn step(step: &Step, logs: Vec<Value>) -> Value {
    let urls = step.urls.iter().map(|link| (link.name.clone(), Value::from(link.url.as_str())));
    json!({
        "name": step.name,
        "step_number": step.number,
        "text": [step.state_string],
        "results": [step.results.map(Results::code), []],
        "isStarted": step.started_at.is_some(),
        "isFinished": step.complete_at.is_some(),
        "times": [step.started_at, step.complete_at],
        "urls": Value::Object(urls.collect()),
        "hidden": step.hidden,
        "logs": logs,
    })
}

fn logs(logs: &[Log]) -> Vec<Value> {
    logs.iter().map(|log| json!([log.name, log.url])).collect()
}

pub(crate) fn request(report: &RequestReport) -> Value {
    json!({
        "brid": report.request.id,
        "builderName": report.builder.name,
        "source": report.buildset.source_stamps.first().map(source_stamp),
        "submittedAt": report.request.submitted_at,
        "builds": [],
    })
}

pub(crate) fn buildset(set: &Buildset) -> Value {
    json!({
        "bsid": set.id,
        "external_idstring": set.external_id,
        "reason": set.reason,
        "sourceStamps": source_stamps(set),
        "submittedAt": set.submitted_at,
    })
}

pub(crate) fn change(change: &Change) -> Value {
    let files: Vec<Value> = change.files.iter().map(|name| json!({"name": name, "url": null})).collect();
    json!({
        "number": change.id,
        "who": change.author,
        "comments": change.comments,
        "files": files,
        "when": change.at,
        "branch": change.branch,
        "category": change.category,
        "revision": change.revision,
        "rev": change.revision,
        "revlink": change.revlink,
        "properties": properties(&change.properties),
        "repository": change.repository,
        "project": change.project,
        "codebase": change.codebase,
    })
}

/// Names, values, and who set them.
pub(crate) fn properties(properties: &[Property]) -> Value {
    let value = |json: &str| serde_json::from_str(json).unwrap_or_else(|_| Value::from(json));
    properties.iter().map(|property| json!([property.name, value(&property.value), property.source])).collect()
}

fn source_stamps(set: &Buildset) -> Value {
    set.source_stamps.iter().map(source_stamp).collect()
}

fn source_stamp(stamp: &SourceStamp) -> Value {
    json!({
        "branch": stamp.branch,
        "revision": stamp.revision,
        "repository": stamp.repository,
        "project": stamp.project,
        "codebase": stamp.codebase,
        "hasPatch": stamp.patch.is_some(),
    })
}
