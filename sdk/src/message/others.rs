//! Default messages about what is no build: workers, requests, buildsets as a whole.

use crate::contract::BodyKind;
use crate::contract::BuildsetReport;
use crate::contract::RequestReport;
use crate::contract::Results;
use crate::contract::WorkerReport;
use crate::message::escape;
use crate::time::clock_text;

/// Lines as a body: as they are, or a paragraph each.
fn body(lines: Vec<String>, kind: BodyKind) -> String {
    let line = |line: String| match kind {
        BodyKind::Html => ["<p>", &escape(&line), "</p>\n"].concat(),
        BodyKind::Plain | BodyKind::Json => line + "\n",
    };
    lines.into_iter().map(line).collect()
}

pub(crate) fn worker_body(report: &WorkerReport, kind: BodyKind) -> String {
    let seen = report.last_connection.map_or_else(|| String::from("(never)"), clock_text);
    let mut lines = vec![
        format!("The Buildbot worker named {} went away.", report.worker.name),
        format!("It last disconnected at {seen}."),
    ];
    if let Some(admin) = &report.worker.admin {
        lines.push(format!("The admin on record (as reported by WORKER:info/admin) was {admin}."));
    }
    body(lines, kind)
}

pub(crate) fn worker_subject(report: &WorkerReport, title: &str) -> String {
    format!("Buildbot {title} worker {} missing", report.worker.name)
}

pub(crate) fn request_body(report: &RequestReport, kind: BodyKind) -> String {
    let state = if report.request.results == Some(Results::Cancelled) { "was cancelled" } else { "is pending" };
    let lines = vec![
        format!("A build {state} on builder {}.", report.builder.name),
        format!("Full details are available at: {}", report.url),
        format!("Build Reason: {}", report.buildset.reason),
    ];
    body(lines, kind)
}

pub(crate) fn request_subject(report: &RequestReport, title: &str) -> String {
    let state = if report.request.results == Some(Results::Cancelled) { "cancelled" } else { "pending" };
    format!("☝ Buildbot ({title}): {} - {state}", report.builder.name)
}

/// A line for each build.
pub(crate) fn buildset_body(report: &BuildsetReport, kind: BodyKind) -> String {
    let ended = report.buildset.results.map_or("not finished", Results::name);
    let mut lines = vec![format!("A buildset has ended: {ended}. It was made because: {}", report.buildset.reason)];
    let builds = report.builds.iter().map(|build| {
        let ended = build.build.results.map_or("not finished", Results::name);
        format!("{}: {ended} ({}) - {}", build.builder.name, build.build.state_string, build.url)
    });
    lines.extend(builds);
    body(lines, kind)
}
