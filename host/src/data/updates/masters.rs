//! Masters: active, stopped, and held for gone when they were not heard of for long.
//!
//! The host holds nobody for gone by itself: who reports over HTTP may be silent for hours and well. A CI engine that
//! says regularly that it is active asks for it, as Buildbot's masters do.

use super::Apply;
use super::UpdateError;
use super::builds::FinishBuild;
use super::emit;
use super::logs::FinishLog;
use super::params;
use super::steps::FinishStep;
use crate::model::*;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

/// A master that said nothing for so long is gone.
const SILENCE_SECONDS: i64 = 10 * 60;

/// Makes the master, or notes that it is active and what it is called now. Told when that is new.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MasterActive {
    name: String,
    masterid: MasterId,
}

impl Apply for MasterActive {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::name("name", &self.name)?;
        if let Some(other) = tx.master_by_name(&self.name)?.filter(|id| *id != self.masterid) {
            return Err(UpdateError::invalid("name", format!("{:?} is the name of master {other}", self.name)));
        }
        let before = tx.master(self.masterid)?;
        tx.put_master(self.masterid, &self.name, now)?;
        if before.is_none_or(|before| !before.active || before.name != self.name) {
            tell(tx, now, (self.masterid, &self.name), "started")?;
        }
        Ok(Value::Null)
    }
}

/// The master of that name, made when there is none: it did not say yet that it is active.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindMasterId {
    name: String,
}

impl Apply for FindMasterId {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        params::name("name", &self.name)?;
        if let Some(id) = tx.master_by_name(&self.name)? {
            return Ok(json!(id));
        }
        let id = tx.next_master()?;
        tx.insert_master(id, &self.name)?;
        Ok(json!(id))
    }
}

/// The master says that it ends.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MasterStopped {
    name: String,
    masterid: MasterId,
}

impl Apply for MasterStopped {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let master = params::found_master(tx, self.masterid)?;
        if master.name != self.name {
            let message = format!("{:?} is not master {}, that is {:?}", self.name, self.masterid, master.name);
            return Err(UpdateError::invalid("name", message));
        }
        if tx.deactivate_master(master.masterid)? {
            clear(tx, now, &master)?;
            tell(tx, now, (master.masterid, &master.name), "stopped")?;
        }
        Ok(Value::Null)
    }
}

/// Holds masters for gone that were not heard of for ten minutes; with `force` also clears up behind those that are
/// known to be gone. A master that never said that it is active is left alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpireMasters {
    #[serde(default, alias = "forceHouseKeeping")]
    force: bool,
}

impl Apply for ExpireMasters {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let since = Timestamp(now.0.saturating_sub(SILENCE_SECONDS));
        for master in tx.masters_unseen_since(since)? {
            let was_active = tx.deactivate_master(master.masterid)?;
            if was_active || self.force {
                clear(tx, now, &master)?;
            }
            if was_active {
                tell(tx, now, (master.masterid, &master.name), "stopped")?;
            }
        }
        Ok(Value::Null)
    }
}

/// Ends what ran on the master, so that it is tried again, and frees what it held. The claims go untold, as Buildbot has
/// it: who follows masters knows.
fn clear(tx: &mut Tx<'_>, now: Timestamp, master: &Master) -> Result<(), UpdateError> {
    let results = Results::Retry;
    for buildid in tx.builds_running_on(master.masterid)? {
        for step in tx.steps_of(buildid)?.into_iter().filter(|step| !step.complete) {
            for log in tx.logs_of(step.stepid)?.into_iter().filter(|log| !log.complete) {
                FinishLog { logid: log.logid }.apply(tx, now)?;
            }
            FinishStep { stepid: step.stepid, results, hidden: step.hidden }.apply(tx, now)?;
        }
        FinishBuild { buildid, results }.apply(tx, now)?;
    }
    tx.release_master(master.masterid)?;
    Ok(())
}

fn tell(tx: &mut Tx<'_>, now: Timestamp, (masterid, name): (MasterId, &str), what: &str) -> Result<(), UpdateError> {
    let body = json!({"masterid": masterid, "name": name, "active": what == "started"});
    emit::event(tx, now, vec![format!("masters/{masterid}/{what}")], &body)
}
