//! What a forge calls the stages: the one table of a plugin, for its code and for its page.

use std::fmt::Display;
use std::fmt::Write;

use super::Stage;
use crate::contract::Results;

/// What a forge calls each stage, mostly a word.
///
/// ```
/// use campanile_sdk::forges::{Stage, StateTable};
/// const STATES: StateTable<&str> = StateTable {
///     requested: "pending",
///     running: "pending",
///     success: "success",
///     warnings: "success",
///     failure: "failure",
///     skipped: "success",
///     exception: "error",
///     retry: "pending",
///     cancelled: "error",
/// };
/// assert_eq!(STATES.of(Stage::Running), "pending");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateTable<T> {
    /// What has no build yet.
    pub requested: T,
    /// What is under way.
    pub running: T,
    /// What went well.
    pub success: T,
    /// What went well, with something to look at.
    pub warnings: T,
    /// What went wrong.
    pub failure: T,
    /// What had nothing to do.
    pub skipped: T,
    /// What the CI system itself spoiled.
    pub exception: T,
    /// What will be tried again.
    pub retry: T,
    /// What somebody stopped.
    pub cancelled: T,
}

impl<T: Copy> StateTable<T> {
    /// What the forge calls this stage.
    pub const fn of(&self, stage: Stage) -> T {
        match stage {
            Stage::Requested => self.requested,
            Stage::Running => self.running,
            Stage::Ended(Results::Success) => self.success,
            Stage::Ended(Results::Warnings) => self.warnings,
            Stage::Ended(Results::Failure) => self.failure,
            Stage::Ended(Results::Skipped) => self.skipped,
            Stage::Ended(Results::Exception) => self.exception,
            Stage::Ended(Results::Retry) => self.retry,
            Stage::Ended(Results::Cancelled) => self.cancelled,
        }
    }
}

impl<T: Copy + Display> StateTable<T> {
    /// The table as it stands on the plugin's page, in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut table = String::from("| result | state |\n|---|---|\n");
        for stage in Stage::ALL {
            // Writing into a string does not fail.
            let _ = writeln!(table, "| {} | `{}` |", stage.name(), self.of(stage));
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_itself() {
        let codes = StateTable {
            requested: -2,
            running: -1,
            success: 0,
            warnings: 1,
            failure: 2,
            skipped: 3,
            exception: 4,
            retry: 5,
            cancelled: 6,
        };
        let table = codes.markdown();
        assert!(
            table.starts_with("| result | state |\n|---|---|\n| requested | `-2` |\n| running | `-1` |\n"),
            "{table}"
        );
        for results in Results::ALL {
            let row = format!("| {} | `{}` |\n", results.name(), results.code());
            assert!(table.contains(&row), "{table}");
        }
    }
}
