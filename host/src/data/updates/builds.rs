//! Builds: added, described, finished.

use super::Apply;
use super::MASTER;
use super::UpdateError;
use super::builders;
use super::emit;
use super::params;
use super::params::Blob;
use crate::model::*;
use crate::store::NewBuild;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;

/// Inserts a build, numbered for its builder from 1. There is no event before `generateNewBuildEvent`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddBuild {
    builderid: BuilderId,
    buildrequestid: BuildRequestId,
    #[serde(default)]
    workerid: Option<WorkerId>,
    #[serde(default)]
    masterid: Option<MasterId>,
}

impl Apply for AddBuild {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let builder = params::builder(tx, self.builderid)?;
        params::buildrequest(tx, self.buildrequestid)?;
        let master = params::master(tx, self.masterid.unwrap_or(MASTER))?;
        if let Some(worker) = self.workerid {
            params::worker(tx, worker)?;
        }
        let build = NewBuild {
            builderid: self.builderid,
            buildrequestid: self.buildrequestid,
            workerid: self.workerid,
            masterid: master.masterid,
            number: None,
        };
        let (buildid, number) = tx.insert_build(&build, now)?;
        builders::build(tx, &builder, &master)?;
        Ok(json!({"buildid": buildid, "number": number}))
    }
}

/// Tells that the build is there: `new`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateNewBuildEvent {
    buildid: BuildId,
}

impl Apply for GenerateNewBuildEvent {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        tell(tx, now, self.buildid, "new")
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBuildStateString {
    buildid: BuildId,
    state_string: String,
}

impl Apply for SetBuildStateString {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::short("state_string", &self.state_string)?;
        tx.set_build_state(self.buildid, &self.state_string)?;
        tell(tx, now, self.buildid, "update")
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddBuildLocksDuration {
    buildid: BuildId,
    duration_s: i64,
}

impl Apply for AddBuildLocksDuration {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        if self.duration_s < 0 {
            return Err(UpdateError::invalid("duration_s", format!("{} is negative", self.duration_s)));
        }
        let before = params::build(tx, self.buildid)?.locks_duration_s;
        if before.checked_add(self.duration_s).is_none() {
            return Err(UpdateError::invalid("duration_s", format!("{} is more than can be counted", self.duration_s)));
        }
        tx.add_build_locks_duration(self.buildid, self.duration_s)?;
        tell(tx, now, self.buildid, "update")
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBuildProperty {
    buildid: BuildId,
    name: String,
    value: Value,
    source: String,
}

impl Apply for SetBuildProperty {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::name("name", &self.name)?;
        params::line("source", &self.source)?;
        params::build(tx, self.buildid)?;
        let value = (self.value, self.source);
        tx.put_build_property(self.buildid, &self.name, &value)?;
        // Told in any case; only `setBuildProperties` is silent when nothing changed.
        let topic = format!("builds/{}/properties/update", self.buildid);
        emit::event(tx, now, vec![topic], &Properties::from([(self.name, value)]))?;
        Ok(Value::Null)
    }
}

/// Writes only what is new or changed; one event tells of just that.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBuildProperties {
    buildid: BuildId,
    #[serde(alias = "props")]
    properties: Properties,
}

impl Apply for SetBuildProperties {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        put_properties(tx, now, self.buildid, self.properties)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishBuild {
    pub(super) buildid: BuildId,
    pub(super) results: Results,
}

impl Apply for FinishBuild {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let build = params::build(tx, self.buildid)?;
        if build.complete {
            // Told twice, reported once: a repeated call is no second end.
            return match build.results == Some(self.results) {
                true => Ok(Value::Null),
                false => Err(UpdateError::invalid("buildid", format!("build {} is finished already", self.buildid))),
            };
        }
        tx.finish_build(self.buildid, self.results, now)?;
        tell(tx, now, self.buildid, "finished")
    }
}

/// Keeps named bytes with a build, of which nobody is told.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBuildData {
    buildid: BuildId,
    name: String,
    value: Blob,
    source: String,
}

impl Apply for SetBuildData {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        params::name("name", &self.name)?;
        params::line("source", &self.source)?;
        params::build(tx, self.buildid)?;
        tx.put_build_data(self.buildid, (&self.name, &self.value.0), &self.source)?;
        Ok(Value::Null)
    }
}

fn put_properties(
    tx: &mut Tx<'_>,
    now: Timestamp,
    build: BuildId,
    properties: Properties,
) -> Result<Value, UpdateError> {
    params::properties("properties", &properties)?;
    params::build(tx, build)?;
    let mut changed = BTreeMap::new();
    for (name, value) in properties {
        if tx.put_build_property(build, &name, &value)? {
            changed.insert(name, value);
        }
    }
    if !changed.is_empty() {
        emit::event(tx, now, vec![format!("builds/{build}/properties/update")], &changed)?;
    }
    Ok(Value::Null)
}

fn tell(tx: &mut Tx<'_>, now: Timestamp, id: BuildId, what: &str) -> Result<Value, UpdateError> {
    let build = params::build(tx, id)?;
    emit::build(tx, now, &build, what)?;
    Ok(Value::Null)
}
