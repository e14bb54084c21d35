//! Requests for a builder: which are open, taking one, and what it asks for.

use super::engine::Engine;
use super::host::Host;
use super::host::Trouble;
use super::journal::Begin;
use super::journal::Origin;
use crate::model::Properties;
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
pub(super) async fn begin(
    host: &Host,
    engine: &Engine,
    (request, builder, worker): (i64, &str, &str),
) -> Result<Begin, Trouble> {
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
    Ok(Begin { builder: builder.to_owned(), worker: worker.to_owned(), properties, origin })
}
