//! The update methods: what a CI system tells us, each by Buildbot's name and with its arguments.
//!
//! A call is parsed completely before anything is written. Applying it writes rows and events through a [`Tx`]; an
//! error takes back the whole call, and with it the whole batch.
//!
//! Not here: HTTP (`api`), and the order of commits (`store`).

mod batch;
mod builders;
mod buildrequests;
mod builds;
mod buildsets;
mod changes;
mod emit;
mod error;
mod forceschedulers;
pub mod idempotency;
mod logs;
mod masters;
mod numbered;
mod params;
mod projects;
mod rebuild;
mod schedulers;
mod steps;
mod users;
mod workers;

pub use batch::Call;
pub use batch::MOST_CALLS;
pub use batch::apply_batch;
pub(super) use buildrequests::complete;
pub use buildsets::AddBuildset;
pub(super) use buildsets::Stamp;
pub(super) use buildsets::StampFields;
pub(super) use buildsets::add_request;
pub(super) use changes::AddChange;
pub use error::UpdateError;
pub(super) use logs::append_event;
pub(super) use params::build;
pub(super) use params::buildrequest;
pub(super) use params::scheduler;
pub(super) use params::worker;
pub(super) use rebuild::rebuild;
pub(super) use schedulers::SchedulerEnable;
pub(super) use steps::LONGEST_LINK;
pub(super) use steps::MOST_URLS;

use crate::model::MasterId;
use crate::model::Timestamp;
use crate::store::Tx;
use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use serde_json::Value;

/// The master that calls belong to which name none: Buildbot's methods know theirs, and HTTP has no such thing.
pub const MASTER: MasterId = MasterId(1);

/// Something that can be applied in a transaction.
trait Apply {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError>;
}

macro_rules! methods {
    ($($variant:ident($params:ty) = $($name:literal)|+,)*) => {
        /// A call of an update method, parsed.
        #[derive(Debug)]
        pub enum Update {
            $($variant($params),)*
        }

        impl Update {
            /// Every method's name.
            pub const METHODS: &'static [&'static str] = &[$($($name,)+)*];

            /// Reads the parameters of `method` from a JSON object.
            pub fn parse(method: &str, params: &str) -> Result<Self, UpdateError> {
                match method {
                    $($($name)|+ => params::parse(method, params).map(Self::$variant),)*
                    _ => Err(UpdateError::UnknownMethod(method.to_owned())),
                }
            }

            /// What the parameters of each method look like.
            pub fn schemas(generator: &mut SchemaGenerator) -> Vec<(&'static str, Schema)> {
                let mut schemas = Vec::new();
                $(
                    let schema = <$params>::json_schema(generator);
                    schemas.extend([$($name),+].map(|name| (name, schema.clone())));
                )*
                schemas
            }

            /// Writes what the call says, as of `now`, and returns its result.
            pub fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
                match self {
                    $(Self::$variant(call) => call.apply(tx, now),)*
                }
            }
        }
    };
}

methods! {
    FindMasterId(masters::FindMasterId) = "findMasterId",
    MasterActive(masters::MasterActive) = "masterActive",
    MasterStopped(masters::MasterStopped) = "masterStopped",
    ExpireMasters(masters::ExpireMasters) = "expireMasters",
    FindProjectId(projects::FindProjectId) = "find_project_id",
    UpdateProjectInfo(projects::UpdateProjectInfo) = "update_project_info",
    FindSchedulerId(schedulers::FindSchedulerId) = "findSchedulerId",
    TrySetSchedulerMaster(schedulers::TrySetSchedulerMaster) = "trySetSchedulerMaster",
    SchedulerEnable(SchedulerEnable) = "schedulerEnable",
    FindChangeSourceId(schedulers::FindChangeSourceId) = "findChangeSourceId",
    TrySetChangeSourceMaster(schedulers::TrySetChangeSourceMaster) = "trySetChangeSourceMaster",
    UpdateForceSchedulers(forceschedulers::UpdateForceSchedulers) = "updateForceSchedulers",
    FindBuilderId(builders::FindBuilderId) = "findBuilderId",
    UpdateBuilderInfo(builders::UpdateBuilderInfo) = "updateBuilderInfo",
    UpdateBuilderList(builders::UpdateBuilderList) = "updateBuilderList",
    FindWorkerId(workers::FindWorkerId) = "findWorkerId",
    WorkerConfigured(workers::WorkerConfigured) = "workerConfigured",
    DeconfigureWorkers(workers::DeconfigureWorkers) = "deconfigureAllWorkersForMaster",
    WorkerConnected(workers::WorkerConnected) = "workerConnected",
    WorkerDisconnected(workers::WorkerDisconnected) = "workerDisconnected",
    WorkerMissing(workers::WorkerMissing) = "workerMissing",
    SetWorkerPaused(workers::SetWorkerPaused) = "set_worker_paused",
    SetWorkerGraceful(workers::SetWorkerGraceful) = "set_worker_graceful",
    AddChange(AddChange) = "addChange",
    AddBuildset(AddBuildset) = "addBuildset",
    MaybeBuildsetComplete(buildsets::MaybeBuildsetComplete) = "maybeBuildsetComplete",
    ClaimBuildRequests(buildrequests::ClaimBuildRequests) = "claimBuildRequests",
    UnclaimBuildRequests(buildrequests::UnclaimBuildRequests) = "unclaimBuildRequests",
    CompleteBuildRequests(buildrequests::CompleteBuildRequests) = "completeBuildRequests",
    RebuildBuildrequest(rebuild::RebuildBuildrequest) = "rebuildBuildrequest",
    AddBuild(builds::AddBuild) = "addBuild",
    GenerateNewBuildEvent(builds::GenerateNewBuildEvent) = "generateNewBuildEvent",
    SetBuildStateString(builds::SetBuildStateString) = "setBuildStateString",
    AddBuildLocksDuration(builds::AddBuildLocksDuration) = "add_build_locks_duration",
    SetBuildProperty(builds::SetBuildProperty) = "setBuildProperty",
    SetBuildProperties(builds::SetBuildProperties) = "setBuildProperties",
    SetBuildData(builds::SetBuildData) = "setBuildData",
    FinishBuild(builds::FinishBuild) = "finishBuild",
    AddStep(steps::AddStep) = "addStep" | "newStep",
    StartStep(steps::StartStep) = "startStep",
    SetStepLocksAcquiredAt(steps::SetStepLocksAcquiredAt) = "set_step_locks_acquired_at",
    SetStepStateString(steps::SetStepStateString) = "setStepStateString",
    AddStepUrl(steps::AddStepUrl) = "addStepURL",
    FinishStep(steps::FinishStep) = "finishStep",
    AddLog(logs::AddLog) = "addLog" | "newLog",
    AppendLog(logs::AppendLog) = "appendLog",
    FinishLog(logs::FinishLog) = "finishLog",
    CompressLog(logs::CompressLog) = "compressLog",
}
