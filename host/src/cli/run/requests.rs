//! Requests for a builder: which are open, taking one, what it asks for, and ending one that cannot be run.

use super::engine::Engine;
use super::folder::Told;
use super::host::Host;
use super::host::Trouble;
use super::journal::Begin;
use super::journal::Origin;
use crate::model::Properties;
use crate::model::Results;
use serde_json::Value;
use serde_json::json;

/// Open requests that are looked at, at a time.
const AT_A_TIME: usize = 20;

/// Who set the properties that an engine sets.
const BUILD: &str = "Build";

/// Takes the most urgent open request, the oldest of those; nothing when there is none.
pub(super) async fn claim(host: &Host, engine: &Engine) -> Result<Option<i64>, Trouble> {
    let Engine { builder, master, .. } = engine;
    // What is ours already and not run: the answer to the claim got lost.
    let ours = format!("builders/{builder}/buildrequests?complete=false&claimed_by_masterid={master}&limit=1");
    if let Some(request) = host.get(&ours).await?["buildrequests"][0]["buildrequestid"].as_i64() {
        return Ok(Some(request));
    }
    let open = format!(
        "builders/{builder}/buildrequests?complete=false&claimed=false&order=-priority&order=buildrequestid&limit={AT_A_TIME}"
    );
    loop {
        let found = host.get(&open).await?;
        let found: Vec<i64> = found["buildrequests"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|r| r["buildrequestid"].as_i64())
            .collect();
        if found.is_empty() {
            return Ok(None);
        }
        for request in found {
            let params = json!({"brids": [request], "masterid": master});
            // Another engine may have been quicker.
            if host.update("claimBuildRequests", &params).await? == true {
                return Ok(Some(request));
            }
        }
    }
}

/// What a request asks for, as the beginning of a build.
pub(super) async fn begin(host: &Host, engine: &Engine, request: i64) -> Result<Begin, Trouble> {
    let mut found = host.get(&format!("buildrequests/{request}?property=*")).await?;
    let found = &mut found["buildrequests"][0];
    let mut properties: Properties = serde_json::from_value(found["properties"].take()).unwrap_or_default();
    let set = host.get(&format!("buildsets/{}", found["buildsetid"])).await?;
    let stamp = &set["buildsets"][0]["sourcestamps"][0];
    for name in ["branch", "revision", "repository", "project", "codebase"] {
        if let Some(value) = stamp[name].as_str() {
            properties.insert(name.to_owned(), (Value::from(value), BUILD.to_owned()));
        }
    }
    let origin = Origin::Claimed { request, master: engine.master };
    let (builder, worker) = (engine.builder_name.clone(), engine.worker_name.clone());
    Ok(Begin { builder, worker, properties, origin })
}

/// Ends a claimed request that cannot be run or told, with the reason in its build's state.
///
/// Whoever refused the build may refuse its end as well: then the request ends without one.
pub(super) async fn end(
    host: &Host,
    engine: &Engine,
    (request, told): (i64, &Told),
    reason: &str,
) -> Result<(), Trouble> {
    let mut refused = None;
    for (number, calls) in ends(engine, (request, told), reason).into_iter().enumerate() {
        match host.batch(Value::from(calls).to_string(), &format!("{}-end{number}", told.key)).await {
            Err(trouble @ Trouble::Refused { .. }) => refused = Some(trouble),
            ended => return ended.map(|_| ()),
        }
    }
    refused.map_or(Ok(()), Err)
}

/// From the one that says most to the one that says least.
fn ends(engine: &Engine, (request, told): (i64, &Told), reason: &str) -> [Vec<Value>; 3] {
    let results = Results::Exception;
    let call = |method: &str, params: Value| json!({"method": method, "params": params});
    let complete = call("completeBuildRequests", json!({"brids": [request], "results": results}));
    let mut step = Vec::new();
    if let Some(log) = told.log {
        step.push(call("finishLog", json!({"logid": log})));
    }
    if let Some(stepid) = told.step {
        step.push(call("setStepStateString", json!({"stepid": stepid, "state_string": reason})));
        step.push(call("finishStep", json!({"stepid": stepid, "results": results, "hidden": false})));
    }
    let mut build = Vec::new();
    let buildid = told.build.map_or_else(|| json!({"$result": [0, "buildid"]}), Value::from);
    if told.build.is_none() {
        let Engine { builder, worker, master, .. } = engine;
        let about = json!({"builderid": builder, "workerid": worker, "masterid": master, "buildrequestid": request});
        build.push(call("addBuild", about));
        build.push(call("generateNewBuildEvent", json!({"buildid": buildid})));
    }
    build.push(call("setBuildStateString", json!({"buildid": buildid, "state_string": reason})));
    build.push(call("finishBuild", json!({"buildid": buildid, "results": results})));
    build.push(complete.clone());
    [[step, build.clone()].concat(), build, vec![complete]]
}
