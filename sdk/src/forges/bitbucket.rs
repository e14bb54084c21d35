//! What Bitbucket's kin have in common: Cloud and Server.

use super::StateTable;

/// What Bitbucket calls the stages of a build. It knows three states, and only a success is one: what has warnings
/// failed, as Buildbot has it.
pub const BITBUCKET_STATES: StateTable<&str> = StateTable {
    requested: "INPROGRESS",
    running: "INPROGRESS",
    success: "SUCCESSFUL",
    warnings: "FAILED",
    failure: "FAILED",
    skipped: "FAILED",
    exception: "FAILED",
    retry: "FAILED",
    cancelled: "FAILED",
};
