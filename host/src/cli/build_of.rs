//! Which build a command belongs to: `campanile run` says it in the environment, nested commands read it there or from
//! an option.

use crate::model::BuildId;
use clap::Args;

/// The variable with the id of the build.
pub(super) const BUILD: &str = "CAMPANILE_BUILD";

/// The variable with the name of the step.
pub(super) const STEP: &str = "CAMPANILE_STEP";

/// The variable with the name of the builder.
pub(super) const BUILDER: &str = "CAMPANILE_BUILDER";

/// The variable with the address of the host.
pub(super) const SERVER: &str = "CAMPANILE_SERVER";

/// The build that a command works in.
#[derive(Args)]
pub(super) struct BuildOf {
    /// The build, by its id; what `campanile run` runs need not say it
    #[arg(long = "build", value_name = "ID", env = BUILD, value_parser = clap::value_parser!(i64).range(1..))]
    id: i64,
}

impl BuildOf {
    pub(super) fn id(&self) -> BuildId {
        BuildId(self.id)
    }
}
