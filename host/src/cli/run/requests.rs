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

/// Ends a build that cannot be told, and its request, with the reason in the build's state. One of which the host knows
/// nothing is made by the engine that claimed the request, to say so.
///
/// Whoever refused the build may refuse its end as well: then the request ends without one. What is somebody else's by
/// now is left as it is.
pub(super) async fn end(
    host: &Host,
    (told, engine): (&Told, Option<&Engine>),
    reason: &str,
) -> Result<Ending, Trouble> {
    let Some(request) = told.request.filter(|_| told.build.is_some() || engine.is_some()) else {
        return Ok(Ending::Done);
    };
    match host.get(&format!("buildrequests/{request}")).await {
        Ok(found) => {
            let found = &found["buildrequests"][0];
            if found["complete"] == true || found["claimed_by_masterid"].as_i64() != told.master {
                return Ok(Ending::NotOurs);
            }
        }
        // Who may not read follows nobody, and nobody takes the requests of his own builds.
        Err(Trouble::NotAllowed(_)) if engine.is_none() => {}
        Err(trouble) => return Err(trouble),
    }
    let mut refused = None;
    for (number, calls) in ends((request, told), engine, reason).into_iter().enumerate() {
        match host.batch(Value::from(calls).to_string(), &format!("{}-end{number}", told.key)).await {
            Err(trouble @ Trouble::Refused { .. }) => refused = Some(trouble),
            ended => return ended.map(|_| Ending::Done),
        }
    }
    refused.map_or(Ok(Ending::Done), Err)
}

/// What came of ending it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    /// The request is over, or was freed and perhaps taken by another.
    NotOurs,
}

/// From the one that says most to the one that says least.
fn ends((request, told): (i64, &Told), engine: Option<&Engine>, reason: &str) -> [Vec<Value>; 3] {
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
    if let Some(Engine { builder, worker, master, .. }) = engine.filter(|_| told.build.is_none()) {
        let about = json!({"builderid": builder, "workerid": worker, "masterid": master, "buildrequestid": request});
        build.push(call("addBuild", about));
        build.push(call("generateNewBuildEvent", json!({"buildid": buildid})));
    }
    build.push(call("setBuildStateString", json!({"buildid": buildid, "state_string": reason})));
    build.push(call("finishBuild", json!({"buildid": buildid, "results": results})));
    build.push(complete.clone());
    [[step, build.clone()].concat(), build, vec![complete]]
}
