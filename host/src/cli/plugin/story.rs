//! What happened in the CI system of a fixture: builds in few words, and update calls for all the rest.
//!
//! Words become update calls, so that a plugin sees what a running host would show it.

use crate::model::Results;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// The `data` of a fixture.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Story {
    /// Numbered from 1, as they stand here.
    #[serde(default)]
    builds: Vec<GivenBuild>,
    /// As in `POST /api/v2/updates`, after the builds.
    #[serde(default)]
    updates: Vec<GivenCall>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenCall {
    pub(super) method: String,
    #[serde(default)]
    pub(super) params: Map<String, Value>,
}

/// A build from its request to its end. Without results it is still running.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenBuild {
    #[serde(default = "linux")]
    builder: String,
    #[serde(default, deserialize_with = "results")]
    results: Option<Results>,
    state_string: Option<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    worker: Option<String>,
    #[serde(default)]
    source: GivenSource,
    #[serde(default)]
    properties: Map<String, Value>,
    #[serde(default)]
    changes: Vec<GivenChange>,
    #[serde(default)]
    steps: Vec<GivenStep>,
}

fn linux() -> String {
    "linux".to_owned()
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GivenSource {
    branch: Option<String>,
    revision: Option<String>,
    repository: String,
    project: String,
    codebase: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenChange {
    author: String,
    #[serde(default)]
    comments: String,
    #[serde(default)]
    files: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenStep {
    name: String,
    #[serde(default, deserialize_with = "results")]
    results: Option<Results>,
    state_string: Option<String>,
    #[serde(default, deserialize_with = "logs")]
    logs: Vec<GivenLog>,
}

/// Lines of standard output.
#[derive(Debug)]
struct GivenLog {
    name: String,
    lines: Vec<String>,
}

/// Names, each with a text or a list of lines.
fn logs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<GivenLog>, D::Error> {
    let lines = |given| match given {
        Value::String(text) => Some(text.lines().map(str::to_owned).collect()),
        Value::Array(lines) => lines.into_iter().map(line).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    };
    let log = |(name, given)| match lines(given) {
        Some(lines) => Ok(GivenLog { name, lines }),
        None => Err(D::Error::custom(format!(
            "the log {name:?}: expected a text, or a list of lines, each a text of one line"
        ))),
    };
    Map::deserialize(from)?.into_iter().map(log).collect()
}

fn line(given: Value) -> Option<String> {
    match given {
        Value::String(text) => Some(text).filter(|text| !text.contains('\n')),
        _ => None,
    }
}

/// A result by its name or its code.
fn results<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Results>, D::Error> {
    let value = Value::deserialize(from)?;
    let found = match &value {
        Value::Null => return Ok(None),
        Value::String(name) => Results::ALL.into_iter().find(|results| results.name() == name),
        other => other.as_i64().and_then(Results::from_code),
    };
    let names = || Results::ALL.map(Results::name).join(", ");
    found.map(Some).ok_or_else(|| D::Error::custom(format!("{value} is no result; there are: {}", names())))
}

impl Story {
    /// The calls, a batch for each build and one for the rest.
    pub(super) fn batches(&self) -> Vec<Vec<GivenCall>> {
        let mut batches = vec![vec![call("masterActive", json!({"name": "master", "masterid": 1}))]];
        batches.extend(self.builds.iter().map(GivenBuild::calls));
        batches.push(self.updates.clone());
        batches
    }
}

/// Calls that are written down one after another; each is known by its place.
#[derive(Default)]
struct Calls(Vec<GivenCall>);

impl Calls {
    fn add(&mut self, method: &str, params: Value) -> Value {
        self.0.push(call(method, params));
        json!({"$result": self.0.len() - 1})
    }

    /// A field of what the call answers.
    fn add_for(&mut self, method: &str, params: Value, field: Value) -> Value {
        let whole = self.add(method, params);
        json!({"$result": [whole["$result"], field]})
    }
}

fn call(method: &str, params: Value) -> GivenCall {
    let params = match params {
        Value::Object(params) => params,
        _ => Map::new(),
    };
    GivenCall { method: method.to_owned(), params }
}

impl GivenBuild {
    fn calls(&self) -> Vec<GivenCall> {
        let mut calls = Calls::default();
        let builder = calls.add("findBuilderId", json!({"name": self.builder}));
        for change in &self.changes {
            calls.add("addChange", self.change(change));
        }
        let set = json!({"waited_for": false, "builderids": [builder], "reason": self.reason, "scheduler": "fixture",
            "sourcestamps": [self.source()]});
        let set = calls.add("addBuildset", set);
        let request = json!({"$result": [set["$result"], "brids", builder]});
        let mut build = json!({"builderid": builder, "buildrequestid": request});
        if let Some(name) = &self.worker {
            build["workerid"] = calls.add("findWorkerId", json!({"name": name}));
        }
        let build = calls.add_for("addBuild", build, json!("buildid"));
        calls.add("setBuildProperties", json!({"buildid": build, "properties": self.properties()}));
        calls.add("generateNewBuildEvent", json!({"buildid": build}));
        self.steps.iter().for_each(|step| step.calls(&mut calls, &build));
        let usual = match self.results {
            Some(Results::Success) => "build successful",
            Some(_) => "failed",
            None => "building",
        };
        let state = self.state_string.as_deref().unwrap_or(usual);
        calls.add("setBuildStateString", json!({"buildid": build, "state_string": state}));
        if let Some(results) = self.results {
            calls.add("finishBuild", json!({"buildid": build, "results": results}));
            calls.add("completeBuildRequests", json!({"brids": [request], "results": results}));
        }
        calls.0
    }

    fn source(&self) -> Value {
        let GivenSource { branch, revision, repository, project, codebase } = &self.source;
        json!({"branch": branch, "revision": revision, "repository": repository, "project": project, "codebase": codebase})
    }

    fn change(&self, change: &GivenChange) -> Value {
        let mut call = self.source();
        if let Value::Object(call) = &mut call {
            call.insert("author".to_owned(), json!(change.author));
            call.insert("comments".to_owned(), json!(change.comments));
            call.insert("files".to_owned(), json!(change.files));
        }
        call
    }

    /// With what a build's properties mostly say.
    fn properties(&self) -> Map<String, Value> {
        let mut properties = self.properties.clone();
        let usual = [
            ("branch", json!(self.source.branch)),
            ("got_revision", json!(self.source.revision)),
            ("reason", json!(self.reason)),
            ("workername", json!(self.worker)),
        ];
        for (name, value) in usual.into_iter().filter(|(_, value)| !value.is_null() && *value != "") {
            properties.entry(name).or_insert(value);
        }
        properties.into_iter().map(|(name, value)| (name, json!([value, "fixture"]))).collect()
    }
}

impl GivenStep {
    fn calls(&self, calls: &mut Calls, build: &Value) {
        let step = calls.add_for("addStep", json!({"buildid": build, "name": self.name}), json!("stepid"));
        calls.add("startStep", json!({"stepid": step}));
        for GivenLog { name, lines } in &self.logs {
            let log = calls.add("addLog", json!({"stepid": step, "name": name, "type": "s"}));
            // Nothing is no chunk.
            if !lines.is_empty() {
                let content: String = lines.iter().map(|line| format!("o{line}\n")).collect();
                calls.add("appendLog", json!({"logid": log, "content": content}));
            }
            calls.add("finishLog", json!({"logid": log}));
        }
        if let Some(state) = &self.state_string {
            calls.add("setStepStateString", json!({"stepid": step, "state_string": state}));
        }
        if let Some(results) = self.results {
            calls.add("finishStep", json!({"stepid": step, "results": results, "hidden": false}));
        }
    }
}
