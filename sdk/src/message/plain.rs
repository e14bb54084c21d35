//! The default plain body.

use crate::contract::BuildReport;
use crate::contract::Step;
use crate::generators::Modes;
use crate::message::projects;
use crate::message::status_detected;

/// The body of the default plain message; ends in a newline. Needs the build's properties, steps, logs and
/// users, and the previous build as [`Modes::need_previous`] says.
#[must_use]
pub fn plain_body(report: &BuildReport, title: &str, modes: Modes) -> String {
    let build = &report.build;
    let property = |name| report.property_text(name);
    let mut body = String::with_capacity(1024 + 128 * report.steps.len());
    let mut add = |parts: &[&str]| parts.iter().for_each(|part| body.push_str(part));

    let status = status_detected(build.results, report.previous.as_ref(), modes);
    let projects = projects(report, title);
    add(&["A ", status, " has been detected on builder ", &report.builder.name, " while building ", &projects]);
    add(&[".\n\nFull details are available at:\n    ", &report.url]);
    add(&["\n\nBuild state: ", &build.state_string]);
    add(&["\nRevision: ", property("got_revision").as_deref().unwrap_or("(unknown)")]);
    add(&["\nWorker: ", property("workername").as_deref().unwrap_or("<unknown>")]);
    add(&["\nBuild Reason: ", property("reason").as_deref().unwrap_or("(unknown)")]);
    add(&["\nBlamelist: ", &report.users.join(", "), "\n\nSteps:\n"]);
    if report.steps.is_empty() {
        add(&["\n- (no steps)\n"]);
    }
    for step in &report.steps {
        add_step(&mut add, step);
    }
    body
}

fn add_step(add: &mut impl FnMut(&[&str]), step: &Step) {
    let number = step.number.to_string();
    // A step that still runs shows empty parentheses.
    let (open, ended, close) = step.results.map_or((" (", " ", ")\n"), |results| (" ( ", results.name(), " )\n"));
    add(&["\n- ", &number, ": ", &step.name, open, ended, close]);
    if !step.logs.is_empty() {
        add(&["    Logs:\n"]);
    }
    for log in &step.logs {
        add(&["        - ", &log.name, ": ", &log.url, "\n"]);
    }
}
