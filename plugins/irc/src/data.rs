//! What commands ask the data API: as little as they need, and never without a bound.

use std::collections::BTreeSet;

use campanile_sdk::contract::Id;
use campanile_sdk::contract::Timestamp;
use campanile_sdk::forges::segment;
use serde::Deserialize;

use crate::call::Call;
use crate::commands::Trouble;
use crate::plain::plain;
use crate::plain::repeated;

/// Builders and workers at most.
const MOST_LISTED: usize = 1_000;
/// Running builds of one builder at most.
const MOST_RUNNING: usize = 20;

/// A builder.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Builder {
    #[serde(rename = "builderid")]
    pub(crate) id: Id,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
}

/// A build.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Build {
    #[serde(rename = "buildid")]
    pub(crate) id: Id,
    #[serde(rename = "builderid")]
    pub(crate) builder: Id,
    pub(crate) number: u32,
    #[serde(default)]
    pub(crate) complete_at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) results: Option<u64>,
    #[serde(default)]
    pub(crate) state_string: String,
}

/// A worker, where it is connected and what it is configured for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Worker {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) connected_to: Vec<serde_json::Value>,
    #[serde(default)]
    pub(crate) configured_on: Vec<ConfiguredOn>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ConfiguredOn {
    #[serde(rename = "builderid")]
    pub(crate) builder: Id,
}

/// A change.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Change {
    #[serde(default)]
    pub(crate) author: String,
    #[serde(default)]
    pub(crate) comments: String,
    #[serde(default)]
    pub(crate) repository: String,
    #[serde(default)]
    pub(crate) branch: Option<String>,
    #[serde(default)]
    pub(crate) revision: Option<String>,
    #[serde(default)]
    pub(crate) when_timestamp: Timestamp,
}

#[derive(Deserialize)]
struct Builders {
    #[serde(default)]
    builders: Vec<Builder>,
}

#[derive(Deserialize)]
struct Builds {
    #[serde(default)]
    builds: Vec<Build>,
}

#[derive(Deserialize)]
struct Workers {
    #[serde(default)]
    workers: Vec<Worker>,
}

#[derive(Deserialize)]
struct Masters {
    #[serde(default)]
    masters: Vec<Master>,
}

#[derive(Deserialize)]
struct Master {
    #[serde(rename = "masterid")]
    id: Id,
}

#[derive(Deserialize)]
struct Changes {
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Steps {
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    state_string: String,
}

/// The builders that the bot speaks of, by name.
pub(crate) fn builders(call: &Call<'_>) -> Result<Vec<Builder>, Trouble> {
    let path = format!("builders?field=builderid&field=name&field=tags&order=name&limit={MOST_LISTED}");
    let mut builders = call.get::<Builders>(&path)?.map(|found| found.builders).unwrap_or_default();
    builders.retain(|builder| call.settings().tells_of(&builder.tags));
    Ok(builders)
}

/// The builder of this name.
pub(crate) fn builder(call: &Call<'_>, name: &str) -> Result<Builder, Trouble> {
    let path = format!("builders?field=builderid&field=name&field=tags&name={}&limit=1", segment(name));
    let found = call.get::<Builders>(&path)?.and_then(|found| found.builders.into_iter().next());
    found.ok_or_else(|| Trouble::Usage(format!("no such builder '{}'", repeated(name))))
}

pub(crate) fn workers(call: &Call<'_>) -> Result<Vec<Worker>, Trouble> {
    let path = format!("workers?field=name&field=connected_to&field=configured_on&order=name&limit={MOST_LISTED}");
    Ok(call.get::<Workers>(&path)?.map(|found| found.workers).unwrap_or_default())
}

/// The masters that are there.
pub(crate) fn active_masters(call: &Call<'_>) -> Result<BTreeSet<Id>, Trouble> {
    let path = format!("masters?active=true&field=masterid&order=masterid&limit={MOST_LISTED}");
    let masters = call.get::<Masters>(&path)?.map(|found| found.masters).unwrap_or_default();
    Ok(masters.into_iter().map(|master| master.id).collect())
}

/// The builders that some connected worker is configured for.
pub(crate) fn online(call: &Call<'_>) -> Result<BTreeSet<Id>, Trouble> {
    let workers = workers(call)?.into_iter().filter(|worker| !worker.connected_to.is_empty());
    Ok(workers.flat_map(|worker| worker.configured_on).map(|on| on.builder).collect())
}

/// The builds of a builder that run, by number.
pub(crate) fn running(call: &Call<'_>, builder: Id) -> Result<Vec<Build>, Trouble> {
    builds(call, &format!("builders/{builder}/builds?complete=false&order=number&limit={MOST_RUNNING}"))
}

/// The build of a builder that ended last.
pub(crate) fn last(call: &Call<'_>, builder: Id) -> Result<Option<Build>, Trouble> {
    let path = format!("builders/{builder}/builds?complete=true&order=-number&limit=1");
    Ok(builds(call, &path)?.into_iter().next())
}

/// The builds that a request led to so far.
pub(crate) fn of_request(call: &Call<'_>, request: Id) -> Result<Vec<Build>, Trouble> {
    builds(call, &format!("buildrequests/{request}/builds?order=number&limit={MOST_RUNNING}"))
}

/// What the step that runs says of itself.
pub(crate) fn current_step(call: &Call<'_>, build: Id) -> Result<Option<String>, Trouble> {
    let path = format!("builds/{build}/steps?complete=false&order=number&limit=1");
    let steps = call.get::<Steps>(&path)?.map(|found| found.steps).unwrap_or_default();
    Ok(steps.into_iter().next().map(|step| plain(&step.state_string)))
}

/// The newest changes, the newest first.
pub(crate) fn changes(call: &Call<'_>, count: usize) -> Result<Vec<Change>, Trouble> {
    let path = format!("changes?order=-changeid&limit={count}");
    Ok(call.get::<Changes>(&path)?.map(|found| found.changes).unwrap_or_default())
}

fn builds(call: &Call<'_>, path: &str) -> Result<Vec<Build>, Trouble> {
    Ok(call.get::<Builds>(path)?.map(|found| found.builds).unwrap_or_default())
}
