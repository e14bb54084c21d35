//! What a post asks for: a path, an action, its parameters.

use super::acts;
use super::forced::Filling;
use super::target;
use super::target::IdOrName;
use super::target::Named;
use super::target::Target;
use crate::data::updates::SchedulerEnable;
use crate::data::updates::Update;
use crate::data::updates::UpdateError;
use crate::model::*;
use crate::store::StoreError;
use crate::store::Tx;
use serde_json::Map;
use serde_json::Value;
use std::collections::BTreeMap;
use thiserror::Error;

/// Why it was not done.
#[derive(Debug, Error)]
pub enum ControlError {
    /// There is such a path, but it does not take that action.
    #[error("action: {0} is not supported")]
    Unsupported(String),
    #[error("{0}")]
    NotFound(String),
    /// It can be asked for, but not now.
    #[error("{0}")]
    Refused(String),
    #[error("invalid parameter {param}: {message}")]
    Param { param: &'static str, message: &'static str },
    /// Fields of a form, and why each does not do.
    #[error("invalid fields: {0:?}")]
    Fields(BTreeMap<String, String>),
    #[error(transparent)]
    Update(#[from] UpdateError),
}

impl From<StoreError> for ControlError {
    fn from(error: StoreError) -> Self {
        Self::Update(error.into())
    }
}

/// What is asked for; whether it is there is seen when it is done.
#[derive(Debug)]
pub struct Ask(Act);

#[derive(Debug)]
enum Act {
    Stop(Named, String),
    Rebuild(Named),
    Cancel(BuildRequestId, String),
    SetPriority(BuildRequestId, i64),
    Worker { worker: IdOrName, below: (Option<MasterId>, Option<BuilderId>), verb: &'static str, reason: String },
    Enable { scheduler: SchedulerId, master: Option<MasterId>, enabled: bool },
    Force(String, Filling),
}

/// What may be asked of a worker.
const OF_WORKERS: [&str; 4] = ["stop", "pause", "unpause", "kill"];

impl Ask {
    /// Reads what is asked; `owner` is who asks. The path is known to be one of the data API.
    pub fn read(path: &[&str], action: &str, params: Map<String, Value>, owner: &str) -> Result<Self, ControlError> {
        let unsupported = || ControlError::Unsupported(action.to_owned());
        let target = Target::read(path).ok_or_else(unsupported)?;
        // Buildbot takes the names in any case.
        let name = action.to_ascii_lowercase();
        Ok(Self(match (target, name.as_str()) {
            (Target::Build(build), "stop") => Act::Stop(build, reason(&params)?),
            (Target::Build(build), "rebuild") => Act::Rebuild(build),
            (Target::Request(request), "cancel") => Act::Cancel(request, reason(&params)?),
            (Target::Request(request), "set_priority") => {
                let priority = params.get("priority").and_then(Value::as_i64);
                let wrong = ControlError::Param { param: "priority", message: "it must be a whole number" };
                Act::SetPriority(request, priority.ok_or(wrong)?)
            }
            (Target::Worker { worker, master, builder }, name) => {
                let verb = OF_WORKERS.into_iter().find(|verb| *verb == name).ok_or_else(unsupported)?;
                Act::Worker { worker, below: (master, builder), verb, reason: reason(&params)? }
            }
            (Target::Scheduler { scheduler, master }, "enable") => {
                let enabled = params.get("enabled").and_then(Value::as_bool);
                let wrong = ControlError::Param { param: "enabled", message: "it must be true or false" };
                Act::Enable { scheduler, master, enabled: enabled.ok_or(wrong)? }
            }
            (Target::Form(form), "force") => Act::Force(form, Filling::read(params, owner)?),
            (Target::Build(_) | Target::Request(_) | Target::Scheduler { .. } | Target::Form(_), _) => {
                return Err(unsupported());
            }
        }))
    }

    /// Does it, and returns the result of the call.
    pub fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, ControlError> {
        Ok(match self.0 {
            Act::Stop(build, reason) => {
                let build = target::build(tx, &build)?;
                acts::stop(tx, now, build, &reason)?
            }
            Act::Rebuild(build) => {
                let build = target::build(tx, &build)?;
                acts::rebuild(tx, now, build)?
            }
            Act::Cancel(request, reason) => acts::cancel(tx, now, request, &reason)?,
            Act::SetPriority(request, priority) => acts::set_priority(tx, now, request, priority)?,
            Act::Worker { worker, below, verb, reason } => {
                let worker = target::worker(tx, &worker, below)?;
                acts::worker(tx, now, worker, (verb, &reason))?
            }
            Act::Enable { scheduler, master, enabled } => {
                let schedulerid = target::scheduler(tx, scheduler, master)?;
                Update::SchedulerEnable(SchedulerEnable { schedulerid, enabled }).apply(tx, now)?
            }
            Act::Force(form, filling) => {
                let buildset = filling.buildset(tx, &form)?;
                acts::pair(Update::AddBuildset(buildset).apply(tx, now)?)
            }
        })
    }
}

/// The longest reason, in bytes: it is told again with each order.
const LONGEST_REASON: usize = 4096;

fn reason(params: &Map<String, Value>) -> Result<String, ControlError> {
    match params.get("reason") {
        None | Some(Value::Null) => Ok("no reason".to_owned()),
        Some(Value::String(reason)) if reason.len() <= LONGEST_REASON => Ok(reason.clone()),
        Some(Value::String(_)) => {
            Err(ControlError::Param { param: "reason", message: "it has more than 4096 bytes, which is the most" })
        }
        Some(_) => Err(ControlError::Param { param: "reason", message: "it must be a text" }),
    }
}
