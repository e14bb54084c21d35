//! Between the words of the project and those of the contract.
//!
//! Towards a guest nothing can fail. What comes from a guest is checked here, once: JSON parses, sizes are within
//! bounds, keys are unique. After that it is the model's.

mod effects;
mod events;
mod hooks;
mod messages;
mod owned;
mod reports;
mod subscriptions;

pub(super) use effects::effects;
pub(super) use events::config;
pub(super) use events::event;
pub(super) use events::log_line;
pub(super) use hooks::fetched;
pub(super) use hooks::hook_outcome;
pub(super) use hooks::hook_problems;
pub(super) use hooks::hook_request;
pub(super) use hooks::lent;
pub(super) use hooks::refusal;
pub(super) use messages::about;
pub(super) use messages::addresses;
pub(super) use messages::build_id;
pub(super) use messages::failure;
pub(super) use messages::failure_for_reporter;
pub(super) use messages::formatted;
pub(super) use messages::formatted_for_reporter;
pub(super) use messages::grounds;
pub(super) use messages::moment;
pub(super) use messages::moment_for_guest;
pub(super) use messages::previous;
pub(super) use messages::review;
pub(super) use messages::review_for_reporter;
pub(super) use messages::scope;
pub(super) use owned::build;
pub(super) use owned::build_report;
pub(super) use owned::build_report_size;
pub(super) use owned::buildset_report;
pub(super) use reports::build_report as lent_build_report;
pub(super) use subscriptions::subscriptions;
pub(super) use subscriptions::want;

use serde::de::IgnoredAny;

/// Ids and times of the model are never negative; what is goes out as 0.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn small(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// Ids that guests hand back. One that is too large belongs to nothing.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn is_json(text: &str) -> Result<(), String> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ()).map_err(|e| format!("invalid JSON: {e}"))
}
