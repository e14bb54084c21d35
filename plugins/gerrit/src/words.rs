//! What is said without callbacks, and the vote that results make: Buildbot's `defaultReviewCB` and `defaultSummaryCB`.

use campanile_sdk::contract::Verdict;
use campanile_sdk::prelude::*;

/// Results and their votes, as the page shows them.
#[cfg(test)]
pub(crate) fn table() -> String {
    let row = |name: &str, results| format!("| {name} | `{}` |\n", vote(results));
    let rows = Results::ALL.map(|results| row(results.name(), Some(results))).concat();
    format!("| result | vote on `Verified` |\n|---|---|\n{rows}{}", row("not over", None))
}

/// The label of the default vote.
const VERIFIED: &str = "Verified";

/// The longest summary, in bytes; Gerrit takes 16 KiB unless it is told otherwise.
const SUMMARY_BYTES: usize = 15 * 1024;

/// The vote for a build or a buildset that ended so; for one that still runs it is 0.
pub(crate) const fn vote(results: Option<Results>) -> i32 {
    match results {
        Some(Results::Success) => 1,
        Some(
            Results::Warnings
            | Results::Failure
            | Results::Skipped
            | Results::Exception
            | Results::Retry
            | Results::Cancelled,
        ) => -1,
        None => 0,
    }
}

/// The vote on builds together: the lowest, and 0 only while nothing went wrong yet.
pub(crate) fn labels<'a>(builds: impl IntoIterator<Item = &'a BuildReport>) -> Vec<(String, i32)> {
    let lowest = builds.into_iter().map(|report| vote(report.build.results)).min();
    vec![(String::from(VERIFIED), lowest.unwrap_or(-1))]
}

/// What is said of a build; nothing of one that is tried again.
pub(crate) fn review(report: &BuildReport) -> Option<Verdict> {
    let results = report.build.results.filter(|results| *results != Results::Retry)?;
    let mut message = String::from("Buildbot finished compiling your patchset\n");
    message += &format!("on configuration: {}\n", report.builder.name);
    message += &format!("The result is: {}\n", results.name().to_uppercase());
    Some(Verdict { message, labels: Some(labels([report])) })
}

/// What is said of builds together.
pub(crate) fn summary(builds: &[&BuildReport]) -> Verdict {
    let mut sorted = builds.to_vec();
    sorted.sort_by(|one, other| one.builder.name.cmp(&other.builder.name));
    let (mut message, mut left) = (String::new(), sorted.len());
    for line in sorted.iter().map(|report| line(report)) {
        if message.len() + line.len() > SUMMARY_BYTES {
            message += &format!("\n\n… and {left} more");
            break;
        }
        let gap = if message.is_empty() { "" } else { "\n\n" };
        message.extend([gap, &line]);
        left -= 1;
    }
    Verdict { message, labels: Some(labels(builds.iter().copied())) }
}

fn line(report: &BuildReport) -> String {
    let link = if report.url.is_empty() { String::from(".") } else { format!(" - {}", report.url) };
    let text = result_text(report.build.results);
    format!("Builder {} {text} ({}){link}", report.builder.name, report.build.state_string)
}

fn result_text(results: Option<Results>) -> String {
    match results {
        Some(Results::Success) => String::from("succeeded"),
        Some(Results::Failure) => String::from("failed"),
        Some(Results::Warnings) => String::from("completed with warnings"),
        Some(Results::Exception) => String::from("encountered an exception"),
        Some(other @ (Results::Skipped | Results::Retry | Results::Cancelled)) => {
            format!("completed with unknown result {}", other.code())
        }
        None => String::from("completed with unknown result None"),
    }
}
