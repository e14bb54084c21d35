//! The resources of the data API, with Buildbot's names: their serialised form is what REST and events show.
//!
//! `?` of Buildbot's documentation is `Option` here and `null` there. All times are whole seconds.

use super::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Properties by name: the value, and who set it.
pub type Properties = BTreeMap<String, (Value, String)>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    pub buildid: BuildId,
    /// From 1, for each builder.
    pub number: i64,
    pub builderid: BuilderId,
    pub buildrequestid: BuildRequestId,
    pub workerid: Option<WorkerId>,
    pub masterid: MasterId,
    pub started_at: Timestamp,
    pub complete_at: Option<Timestamp>,
    pub locks_duration_s: i64,
    pub complete: bool,
    pub state_string: String,
    pub results: Option<Results>,
    /// Empty unless asked for.
    pub properties: Properties,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub stepid: StepId,
    /// From 0, for each build.
    pub number: i64,
    pub name: String,
    pub buildid: BuildId,
    pub started_at: Option<Timestamp>,
    pub locks_acquired_at: Option<Timestamp>,
    pub complete: bool,
    pub complete_at: Option<Timestamp>,
    pub state_string: String,
    pub results: Option<Results>,
    pub urls: Vec<Url>,
    pub hidden: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Url {
    pub name: String,
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log {
    pub logid: LogId,
    pub name: String,
    pub slug: String,
    pub stepid: StepId,
    pub complete: bool,
    pub num_lines: i64,
    #[serde(rename = "type")]
    pub kind: LogKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LogKind {
    #[serde(rename = "s")]
    Stdio,
    #[serde(rename = "t")]
    Text,
    #[serde(rename = "h")]
    Html,
    #[serde(rename = "d")]
    Deleted,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Builder {
    pub builderid: BuilderId,
    pub name: String,
    pub masterids: Vec<MasterId>,
    pub description: Option<String>,
    pub description_format: Option<String>,
    pub description_html: Option<String>,
    pub projectid: Option<ProjectId>,
    pub tags: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worker {
    pub workerid: WorkerId,
    pub name: String,
    pub connected_to: Vec<ConnectedTo>,
    pub configured_on: Vec<ConfiguredOn>,
    pub workerinfo: serde_json::Map<String, Value>,
    pub paused: bool,
    pub pause_reason: Option<String>,
    pub graceful: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectedTo {
    pub masterid: MasterId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfiguredOn {
    pub masterid: MasterId,
    pub builderid: BuilderId,
}

/// What `workers/{id}/missing` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerMissing {
    #[serde(flatten)]
    pub worker: Worker,
    pub last_connection: Option<Timestamp>,
    pub notify: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Patch {
    pub patchid: PatchId,
    pub level: i64,
    pub subdir: Option<String>,
    pub author: String,
    pub comment: String,
    /// Text where the patch is UTF-8, else null.
    pub body: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceStamp {
    pub ssid: SourceStampId,
    pub branch: Option<String>,
    pub revision: Option<String>,
    pub repository: String,
    pub project: String,
    pub codebase: String,
    pub created_at: Timestamp,
    pub patch: Option<Patch>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub changeid: ChangeId,
    pub parent_changeids: Vec<ChangeId>,
    pub author: String,
    pub committer: Option<String>,
    pub comments: String,
    pub files: Vec<String>,
    pub when_timestamp: Timestamp,
    pub branch: Option<String>,
    pub revision: Option<String>,
    pub revlink: Option<String>,
    pub category: Option<String>,
    pub repository: String,
    pub project: String,
    pub codebase: String,
    pub properties: Properties,
    pub sourcestamp: SourceStamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Buildset {
    pub bsid: BuildsetId,
    pub external_idstring: Option<String>,
    pub reason: String,
    pub rebuilt_buildid: Option<BuildId>,
    pub submitted_at: Timestamp,
    pub complete: bool,
    pub complete_at: Option<Timestamp>,
    pub results: Option<Results>,
    pub parent_buildid: Option<BuildId>,
    /// Not in the body of `new`.
    #[serde(default)]
    pub parent_relationship: Option<String>,
    pub sourcestamps: Vec<SourceStamp>,
}

/// `results` is -1 until it is complete, as Buildbot's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildRequest {
    pub buildrequestid: BuildRequestId,
    pub buildsetid: BuildsetId,
    pub builderid: BuilderId,
    pub priority: i64,
    pub claimed: bool,
    pub claimed_at: Option<Timestamp>,
    pub claimed_by_masterid: Option<MasterId>,
    pub complete: bool,
    pub results: i64,
    pub submitted_at: Timestamp,
    pub complete_at: Option<Timestamp>,
    pub waited_for: bool,
    /// Null unless asked for.
    pub properties: Option<Properties>,
}
