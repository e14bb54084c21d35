//! Schedulers and change sources: found by name, each run by one master at a time.

use super::Apply;
use super::UpdateError;
use super::emit;
use super::params;
use crate::model::*;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

/// The scheduler of that name, made when there is none: enabled, run by nobody.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindSchedulerId {
    name: String,
}

impl Apply for FindSchedulerId {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        params::name("name", &self.name)?;
        match tx.scheduler_id(&self.name)? {
            Some(id) => Ok(json!(id)),
            None => Ok(json!(tx.insert_scheduler(&self.name)?)),
        }
    }
}

/// Takes the scheduler for a master, or frees it; `false` when another master runs it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrySetSchedulerMaster {
    schedulerid: SchedulerId,
    #[serde(deserialize_with = "Option::deserialize")]
    masterid: Option<MasterId>,
}

impl Apply for TrySetSchedulerMaster {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        params::scheduler(tx, self.schedulerid)?;
        if let Some(master) = self.masterid {
            params::master(tx, master)?;
        }
        Ok(json!(tx.try_set_scheduler_master(self.schedulerid, self.masterid)?))
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchedulerEnable {
    pub(in crate::data) schedulerid: SchedulerId,
    #[serde(rename = "v", alias = "enabled")]
    pub(in crate::data) enabled: bool,
}

impl Apply for SchedulerEnable {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::scheduler(tx, self.schedulerid)?;
        tx.enable_scheduler(self.schedulerid, self.enabled)?;
        let scheduler = params::scheduler(tx, self.schedulerid)?;
        emit::event(tx, now, vec![format!("schedulers/{}/updated", self.schedulerid)], &scheduler)?;
        Ok(Value::Null)
    }
}

/// The change source of that name, made when there is none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindChangeSourceId {
    name: String,
}

impl Apply for FindChangeSourceId {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        params::name("name", &self.name)?;
        match tx.changesource_id(&self.name)? {
            Some(id) => Ok(json!(id)),
            None => Ok(json!(tx.insert_changesource(&self.name)?)),
        }
    }
}

/// Takes the change source for a master, or frees it; `false` when another master runs it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrySetChangeSourceMaster {
    changesourceid: ChangeSourceId,
    #[serde(deserialize_with = "Option::deserialize")]
    masterid: Option<MasterId>,
}

impl Apply for TrySetChangeSourceMaster {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        if !tx.has_changesource(self.changesourceid)? {
            let (kind, param) = ("change source", "changesourceid");
            return Err(UpdateError::NotFound { kind, param, id: self.changesourceid.0 });
        }
        if let Some(master) = self.masterid {
            params::master(tx, master)?;
        }
        Ok(json!(tx.try_set_changesource_master(self.changesourceid, self.masterid)?))
    }
}
