//! Workers: found by name, configured, connected, paused, missed.

use super::Apply;
use super::MASTER;
use super::UpdateError;
use super::emit;
use super::params;
use crate::model;
use crate::model::*;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// What a worker may say of itself, in bytes of JSON: each of its events tells of it.
const MOST_INFO_BYTES: usize = 64 * 1024;

/// The worker of that name, made when there is none. The name is an identifier of at most 50 characters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindWorkerId {
    name: String,
}

impl Apply for FindWorkerId {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        if !is_path_name(&self.name) {
            let message = format!(
                "{:?} is no name for a worker: letters, digits, _ and -, at most 50, no digit first",
                self.name
            );
            return Err(UpdateError::invalid("name", message));
        }
        match tx.worker_id(&self.name)? {
            Some(id) => Ok(json!(id)),
            None => Ok(json!(tx.insert_worker(&self.name)?)),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerConfigured {
    workerid: WorkerId,
    #[serde(default)]
    masterid: Option<MasterId>,
    builderids: Vec<BuilderId>,
}

impl Apply for WorkerConfigured {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        let master = self.masterid.unwrap_or(MASTER);
        params::worker(tx, self.workerid)?;
        params::master(tx, master)?;
        for &builder in &self.builderids {
            params::builder(tx, builder)?;
        }
        tx.configure_worker(self.workerid, master, &self.builderids)?;
        Ok(Value::Null)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeconfigureWorkers {
    masterid: MasterId,
}

impl Apply for DeconfigureWorkers {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        params::master(tx, self.masterid)?;
        tx.deconfigure_workers(self.masterid)?;
        Ok(Value::Null)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerConnected {
    workerid: WorkerId,
    #[serde(default)]
    masterid: Option<MasterId>,
    #[serde(default)]
    workerinfo: Map<String, Value>,
}

impl Apply for WorkerConnected {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let master = self.masterid.unwrap_or(MASTER);
        params::worker(tx, self.workerid)?;
        params::master(tx, master)?;
        let info = json!(self.workerinfo).to_string();
        params::at_most("workerinfo", info.len(), MOST_INFO_BYTES)?;
        tx.connect_worker(self.workerid, master, &self.workerinfo)?;
        tell(tx, now, self.workerid, "connected")
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerDisconnected {
    workerid: WorkerId,
    #[serde(default)]
    masterid: Option<MasterId>,
}

impl Apply for WorkerDisconnected {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let master = self.masterid.unwrap_or(MASTER);
        params::worker(tx, self.workerid)?;
        params::master(tx, master)?;
        tx.disconnect_worker(self.workerid, master)?;
        tell(tx, now, self.workerid, "disconnected")
    }
}

/// Tells that a worker stays away; nothing is stored.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerMissing {
    workerid: WorkerId,
    #[serde(default)]
    masterid: Option<MasterId>,
    #[serde(default)]
    last_connection: Option<Timestamp>,
    #[serde(default)]
    notify: Vec<String>,
}

impl Apply for WorkerMissing {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let worker = params::worker(tx, self.workerid)?;
        params::master(tx, self.masterid.unwrap_or(MASTER))?;
        let body = model::WorkerMissing { worker, last_connection: self.last_connection, notify: self.notify };
        emit::event(tx, now, vec![format!("workers/{}/missing", self.workerid)], &body)?;
        Ok(Value::Null)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetWorkerPaused {
    workerid: WorkerId,
    paused: bool,
    #[serde(default)]
    pause_reason: Option<String>,
}

impl Apply for SetWorkerPaused {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::short("pause_reason", self.pause_reason.as_deref().unwrap_or_default())?;
        tx.set_worker_paused(self.workerid, self.paused, self.pause_reason.as_deref())?;
        tell(tx, now, self.workerid, "state_updated")
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetWorkerGraceful {
    workerid: WorkerId,
    graceful: bool,
}

impl Apply for SetWorkerGraceful {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        tx.set_worker_graceful(self.workerid, self.graceful)?;
        tell(tx, now, self.workerid, "state_updated")
    }
}

fn tell(tx: &mut Tx<'_>, now: Timestamp, id: WorkerId, what: &str) -> Result<Value, UpdateError> {
    let worker = params::worker(tx, id)?;
    emit::event(tx, now, vec![format!("workers/{id}/{what}")], &worker)?;
    Ok(Value::Null)
}
