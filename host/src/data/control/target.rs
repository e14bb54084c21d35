//! Paths that take posts: what each is about.

use super::ControlError;
use crate::data::updates;
use crate::model::*;
use crate::store::Tx;

/// What a path names, not looked up yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Build(Named),
    Request(BuildRequestId),
    /// As the master and the builder in the path have it, if there are such.
    Worker {
        worker: IdOrName,
        master: Option<MasterId>,
        builder: Option<BuilderId>,
    },
    Scheduler {
        scheduler: SchedulerId,
        master: Option<MasterId>,
    },
    Form(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Id(BuildId),
    OfBuilder(IdOrName, i64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IdOrName {
    Id(i64),
    Name(String),
}

impl IdOrName {
    fn read(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Id)
    }
}

impl Target {
    /// Nothing for a path that takes no posts.
    pub(super) fn read(path: &[&str]) -> Option<Self> {
        // A number beyond all ids is one that nothing has.
        let beyond = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then_some(-1);
        let id = |text: &&str| text.parse::<i64>().ok().or_else(|| beyond(text));
        Some(match path {
            ["builds", build] => Self::Build(Named::Id(BuildId(id(build)?))),
            ["builders", builder, "builds", number] => {
                Self::Build(Named::OfBuilder(IdOrName::read(builder), id(number)?))
            }
            ["buildrequests", request] => Self::Request(BuildRequestId(id(request)?)),
            ["workers", worker] => Self::worker(worker, None, None),
            ["masters", master, "workers", worker] => Self::worker(worker, Some(id(master)?), None),
            ["builders", builder, "workers", worker] => Self::worker(worker, None, Some(id(builder)?)),
            ["masters", master, "builders", builder, "workers", worker] => {
                Self::worker(worker, Some(id(master)?), Some(id(builder)?))
            }
            ["schedulers", scheduler] => Self::Scheduler { scheduler: SchedulerId(id(scheduler)?), master: None },
            ["masters", master, "schedulers", scheduler] => {
                Self::Scheduler { scheduler: SchedulerId(id(scheduler)?), master: Some(MasterId(id(master)?)) }
            }
            ["forceschedulers", name] => Self::Form((*name).to_owned()),
            _ => return None,
        })
    }

    fn worker(worker: &str, master: Option<i64>, builder: Option<i64>) -> Self {
        let (master, builder) = (master.map(MasterId), builder.map(BuilderId));
        Self::Worker { worker: IdOrName::read(worker), master, builder }
    }
}

pub(super) fn build(tx: &Tx<'_>, named: &Named) -> Result<BuildId, ControlError> {
    let (builder, number) = match named {
        Named::Id(id) => return Ok(updates::build(tx, *id)?.buildid),
        Named::OfBuilder(IdOrName::Id(id), number) => (BuilderId(*id), number),
        Named::OfBuilder(IdOrName::Name(name), number) => {
            let found = tx.builder_id(name)?;
            (found.ok_or_else(|| ControlError::NotFound(format!("no builder {name:?}")))?, number)
        }
    };
    let found = tx.build_by_number(builder, *number)?;
    found
        .map(|build| build.buildid)
        .ok_or_else(|| ControlError::NotFound(format!("builder {builder} has no build {number}")))
}

pub(super) fn worker(
    tx: &Tx<'_>,
    named: &IdOrName,
    (master, builder): (Option<MasterId>, Option<BuilderId>),
) -> Result<WorkerId, ControlError> {
    let id = match named {
        IdOrName::Id(id) => WorkerId(*id),
        IdOrName::Name(name) => {
            tx.worker_id(name)?.ok_or_else(|| ControlError::NotFound(format!("no worker {name:?}")))?
        }
    };
    let worker = updates::worker(tx, id)?;
    let fits = |on: &ConfiguredOn| {
        master.is_none_or(|master| on.masterid == master) && builder.is_none_or(|builder| on.builderid == builder)
    };
    if (master.is_some() || builder.is_some()) && !worker.configured_on.iter().any(fits) {
        return Err(ControlError::NotFound(format!("worker {id} is not configured there")));
    }
    Ok(id)
}

pub(super) fn scheduler(tx: &Tx<'_>, id: SchedulerId, master: Option<MasterId>) -> Result<SchedulerId, ControlError> {
    let scheduler = updates::scheduler(tx, id)?;
    match master {
        Some(master) if scheduler.master.is_none_or(|runs| runs.masterid != master) => {
            Err(ControlError::NotFound(format!("master {master} does not run scheduler {id}")))
        }
        _ => Ok(id),
    }
}
