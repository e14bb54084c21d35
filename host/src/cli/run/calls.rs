//! An entry of the journal as update calls, and what is learnt from their results.

use super::folder::Told;
use super::journal::Begin;
use super::journal::Entry;
use super::journal::Origin;
use super::journal::What;
use crate::model::Properties;
use crate::model::Results;
use serde_json::Value;
use serde_json::json;

/// Who set the properties that an engine sets, as Buildbot says it.
const BUILD: &str = "Build";

/// What the scheduler of our own builds is called.
const SCHEDULER: &str = "run";

/// The master of a worker's own builds: no other engine that ends takes them for its own.
pub(super) fn master(worker: &str) -> String {
    format!("run:{worker}")
}

/// The calls of an entry, as of when it happened where that is to be said.
pub(super) fn of(entry: &Entry, told: &Told, at: Option<i64>) -> Vec<Value> {
    let mut calls = Calls(Vec::new());
    match &entry.what {
        What::Begin(begin) => calls.begin(begin),
        What::Step { name, .. } => {
            let step = calls.add("addStep", json!({"buildid": told.build, "name": name}));
            let stepid = result(step, "stepid");
            calls.add("startStep", json!({"stepid": stepid}));
            calls.add("setStepStateString", json!({"stepid": stepid, "state_string": "running"}));
            calls.add("addLog", json!({"stepid": stepid, "name": "stdio", "type": "s"}));
        }
        What::Done { results, text, .. } => {
            calls.add("finishLog", json!({"logid": told.log}));
            calls.add("setStepStateString", json!({"stepid": told.step, "state_string": text}));
            calls.add("finishStep", json!({"stepid": told.step, "results": results, "hidden": false}));
        }
        What::End { results, text } => {
            calls.add("setBuildStateString", json!({"buildid": told.build, "state_string": text}));
            calls.add("finishBuild", json!({"buildid": told.build, "results": results}));
            let brids = json!([told.request]);
            match results {
                // A request does not end with retry: somebody takes it once more.
                Results::Retry => calls.add("unclaimBuildRequests", json!({"brids": brids, "masterid": told.master})),
                _ => calls.add("completeBuildRequests", json!({"brids": brids, "results": results})),
            };
        }
    }
    let mut calls = calls.0;
    if let Some(at) = at {
        calls.iter_mut().for_each(|call| call["at"] = at.into());
    }
    calls
}

/// Keeps the ids that the results tell.
pub(super) fn learn(entry: &Entry, calls: &[Value], results: &[Value], told: &mut Told) {
    for (call, result) in calls.iter().zip(results) {
        match call["method"].as_str().unwrap_or_default() {
            "findBuilderId" => told.builder = result.as_i64(),
            "findMasterId" => told.master = result.as_i64(),
            "addBuildset" => {
                let brids = result["brids"].as_object();
                told.request = brids.and_then(|brids| brids.values().next()).and_then(Value::as_i64);
            }
            "addBuild" => {
                (told.build, told.number) = (result["buildid"].as_i64(), result["number"].as_i64());
            }
            "addStep" => told.step = result["stepid"].as_i64(),
            "addLog" => told.log = result.as_i64(),
            "finishLog" => told.log = None,
            "finishStep" => told.step = None,
            _ => {}
        }
    }
    if let What::Begin(begin) = &entry.what
        && let Origin::Claimed { request, master } = begin.origin
    {
        (told.request, told.master) = (Some(request), Some(master));
    }
}

/// Calls of one transaction.
struct Calls(Vec<Value>);

impl Calls {
    fn add(&mut self, method: &str, params: Value) -> usize {
        self.0.push(json!({"method": method, "params": params}));
        self.0.len() - 1
    }

    fn begin(&mut self, begin: &Begin) {
        let builder = self.add("findBuilderId", json!({"name": begin.builder}));
        let builderid = json!({"$result": builder});
        let worker = self.add("findWorkerId", json!({"name": begin.worker}));
        let workerid = json!({"$result": worker});
        let mut build = json!({"builderid": builderid, "workerid": workerid});
        match &begin.origin {
            Origin::Claimed { request, master } => {
                (build["buildrequestid"], build["masterid"]) = ((*request).into(), (*master).into());
            }
            Origin::Own { reason, source, change } => {
                if let Some(change) = change {
                    self.add("addChange", json!(change));
                }
                let set = self.add(
                    "addBuildset",
                    json!({"waited_for": false, "builderids": [builderid], "reason": reason, "scheduler": SCHEDULER,
                        "sourcestamps": [source], "properties": begin.properties}),
                );
                let request = json!({"$result": [set, "brids", builderid]});
                // It never says that it is active: nobody holds it for gone, and its builds with it.
                let master = self.add("findMasterId", json!({"name": master(&begin.worker)}));
                let masterid = json!({"$result": master});
                self.add("claimBuildRequests", json!({"brids": [request], "masterid": masterid}));
                (build["buildrequestid"], build["masterid"]) = (request, masterid);
            }
        }
        let build = self.add("addBuild", build);
        let buildid = result(build, "buildid");
        self.add("setBuildStateString", json!({"buildid": buildid, "state_string": "starting"}));
        let properties = properties(begin, &result(build, "number"));
        self.add("setBuildProperties", json!({"buildid": buildid, "props": properties}));
        self.add("generateNewBuildEvent", json!({"buildid": buildid}));
    }
}

/// Those of the request, and those that every build has.
fn properties(begin: &Begin, number: &Value) -> Properties {
    let mut properties = begin.properties.clone();
    let mut put = |name: &str, value: Value| properties.insert(name.to_owned(), (value, BUILD.to_owned()));
    put("buildername", begin.builder.clone().into());
    put("buildnumber", number.clone());
    put("workername", begin.worker.clone().into());
    if let Origin::Own { source, .. } = &begin.origin {
        for name in ["branch", "revision", "repository", "project"] {
            if let Some(value) = source.get(name) {
                put(name, value.clone());
            }
        }
        if let Some(revision) = source.get("revision") {
            put("got_revision", revision.clone());
        }
        put("codebase", "".into());
        put("scheduler", SCHEDULER.into());
    }
    properties
}

fn result(call: usize, field: &str) -> Value {
    json!({"$result": [call, field]})
}
