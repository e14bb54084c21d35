//! Masters, and what runs on one at a time: schedulers and change sources.

use super::ChangeSourceId;
use super::MasterId;
use super::SchedulerId;
use super::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Master {
    pub masterid: MasterId,
    pub name: String,
    pub active: bool,
    /// 0 for a master that never said that it is active.
    pub last_active: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduler {
    pub schedulerid: SchedulerId,
    pub name: String,
    pub enabled: bool,
    /// Who runs it; null while nobody does.
    pub master: Option<Master>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSource {
    pub changesourceid: ChangeSourceId,
    pub name: String,
    pub master: Option<Master>,
}

/// A form by which people ask for builds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForceScheduler {
    pub name: String,
    pub button_name: String,
    pub label: String,
    pub builder_names: Vec<String>,
    pub enabled: bool,
    /// Each as the CI engine describes it: `type`, `fullName`, `required`, `default`, …
    pub all_fields: Vec<Map<String, Value>>,
}
