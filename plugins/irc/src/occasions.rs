//! The events that a place can be told of, and when a build is one.

use std::collections::BTreeSet;

use campanile_sdk::contract::BuildReport;
use campanile_sdk::prelude::*;
use serde::Deserialize;
use serde::Serialize;

/// An event that can be switched on and off, by its name in Buildbot's spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Occasion(String);

/// Those that are no change from one result to another.
const NAMES: [&str; 12] = [
    "started",
    "finished",
    "success",
    "warnings",
    "failure",
    "exception",
    "cancelled",
    "better",
    "worse",
    "problem",
    "recovery",
    "worker",
];

/// The results that `xToY` knows.
const CHANGING: [Results; 4] = [Results::Success, Results::Warnings, Results::Failure, Results::Exception];

impl Occasion {
    /// The event of this name; case does not count.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plain = NAMES.iter().find(|name| name.eq_ignore_ascii_case(text)).map(|name| String::from(*name));
        let changes = CHANGING.iter().flat_map(|from| CHANGING.iter().map(|to| change(*from, *to)));
        plain.or_else(|| changes.into_iter().find(|name| name.eq_ignore_ascii_case(text))).map(Self)
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// What is switched on where no event is named.
    pub(crate) fn usual() -> Vec<Self> {
        ["started", "finished"].map(|name| Self(name.to_owned())).into()
    }

    /// All names, for who mistyped one.
    pub(crate) fn known() -> String {
        format!("{}, or a change such as successToFailure", NAMES.join(", "))
    }
}

/// Whether the event is among those.
pub(crate) fn has(events: &BTreeSet<Occasion>, name: &str) -> bool {
    events.iter().any(|event| event.0 == name)
}

/// Whether somebody with these events is told that a build ended.
pub(crate) fn tells_end(events: &BTreeSet<Occasion>, report: &BuildReport, results: Results) -> bool {
    if events.is_empty() {
        return false;
    }
    if has(events, "finished") || has(events, results.name()) {
        return true;
    }
    before(report).is_some_and(|before| tells_change(events, before, results))
}

/// How the build with the number before ended, if there is one and it did.
fn before(report: &BuildReport) -> Option<Results> {
    let previous = report.previous.as_ref()?;
    if previous.number + 1 == report.build.number { previous.results } else { None }
}

fn tells_change(events: &BTreeSet<Occasion>, before: Results, now: Results) -> bool {
    let (Some(was), Some(is)) = (severity(before), severity(now)) else { return false };
    let good = |results| matches!(results, Results::Success | Results::Warnings);
    let bad = |results| matches!(results, Results::Failure | Results::Exception);
    (has(events, "better") && is < was)
        || (has(events, "worse") && is > was)
        || (has(events, "problem") && good(before) && bad(now))
        || (has(events, "recovery") && bad(before) && good(now))
        || has(events, &change(before, now))
}

/// How bad it is. What is tried again is neither better nor worse.
fn severity(results: Results) -> Option<u8> {
    match results {
        Results::Skipped => Some(0),
        Results::Success => Some(1),
        Results::Warnings => Some(2),
        Results::Failure => Some(3),
        Results::Cancelled => Some(4),
        Results::Exception => Some(5),
        Results::Retry => None,
    }
}

fn change(from: Results, to: Results) -> String {
    format!("{}To{}", from.name(), to.title())
}
