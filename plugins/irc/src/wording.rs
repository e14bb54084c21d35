//! What is said of builds, in today's words or in those of Buildbot 0.8.

use campanile_sdk::contract::BuildReport;
use campanile_sdk::contract::Change;
use campanile_sdk::contract::Id;
use campanile_sdk::prelude::*;

use crate::colours::coloured;
use crate::data;
use crate::plain::clipped;
use crate::plain::plain;
use crate::settings::Settings;

/// Revisions that are named at most.
const MOST_REVISIONS: usize = 10;
/// Characters of a hash.
const HASH: usize = 7;
/// No hash has fewer characters: what is shorter may be a number.
const SHORTEST_HASH: usize = 12;
/// The outcome in a build's words, in characters.
const MOST_OUTCOME: usize = 300;
/// Users who are named at most.
const MOST_BLAMED: usize = 20;

/// A build, as notices call it.
#[derive(Debug)]
pub(crate) struct Named {
    builder: String,
    number: u32,
    url: String,
    /// What it builds, where builds are called by that.
    revisions: Option<String>,
    /// What it brings, as the older wording says when it starts.
    including: String,
}

impl Named {
    pub(crate) fn report(report: &BuildReport, config: &Config<Settings>) -> Self {
        let revisions = revisions(report);
        Self {
            builder: plain(&report.builder.name),
            number: report.build.number,
            url: report.url.clone(),
            revisions: (config.settings.use_revisions && !revisions.is_empty()).then(|| listed(&revisions)),
            including: listed_in_brackets(&of_changes(&report.changes)),
        }
    }

    /// One of the data API, whose revisions are asked for where they matter.
    pub(crate) fn found(build: &data::Build, builder: &str, config: &Config<Settings>, host: &dyn Host) -> Self {
        let revisions = match config.settings.use_revisions {
            true => host.build(build.id, Want::CHANGES).map(|report| revisions(&report)).unwrap_or_default(),
            false => Vec::new(),
        };
        Self {
            builder: plain(builder),
            number: build.number,
            url: url(&config.url, build.builder, build.number),
            revisions: (!revisions.is_empty()).then(|| listed(&revisions)),
            including: String::from("[]"),
        }
    }

    pub(crate) fn started(&self, settings: &Settings) -> String {
        let Self { builder, number, url, revisions, including } = self;
        match (settings.wording.is_of_0_8(), revisions) {
            (false, None) => format!("Build [#{number}]({url}) of `{builder}` started."),
            (false, Some(revisions)) => format!("Build containing revision(s) {revisions} on {builder} started."),
            (true, None) => format!("build #{number} of {builder} started, including {including}"),
            (true, Some(revisions)) => format!("build containing revision(s) [{revisions}] on {builder} started"),
        }
    }

    pub(crate) fn watched(&self, settings: &Settings) -> String {
        let Self { builder, number, url, revisions, .. } = self;
        match (settings.wording.is_of_0_8(), revisions) {
            (false, None) => format!("Watching build [#{number}]({url}) of `{builder}` until it finishes..."),
            (false, Some(revisions)) => {
                format!("Watching build on `{builder}` containing revision(s) {revisions} until it finishes...")
            }
            (true, None) => format!("watching build {builder} #{number} until it finishes.."),
            (true, Some(revisions)) => {
                format!("watching build {builder} containing revision(s) [{revisions}] until it finishes..")
            }
        }
    }

    pub(crate) fn interrupted(&self, settings: &Settings) -> String {
        let Self { builder, number, url, revisions, .. } = self;
        match (settings.wording.is_of_0_8(), revisions) {
            (false, None) => format!("Build [#{number}]({url}) of `{builder}` interrupted."),
            (false, Some(revisions)) => {
                format!("Build on `{builder}` containing revision(s) {revisions} interrupted.")
            }
            (true, None) => format!("build {number} interrupted"),
            (true, Some(revisions)) => format!("build containing revision(s) [{revisions}] interrupted"),
        }
    }

    /// As one of several that run.
    pub(crate) fn running(&self, step: Option<&str>) -> String {
        let Self { number, url, .. } = self;
        format!("build [#{number}]({url}) ({})", step.unwrap_or("no current step"))
    }
}

/// Who hears that a build ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hearer {
    /// Who is told of such builds.
    Notified,
    /// Who asked to be told of just this one.
    Watching,
}

/// That a build ended, and how.
pub(crate) fn finished(report: &BuildReport, results: Results, hearer: Hearer, config: &Config<Settings>) -> String {
    let settings = &config.settings;
    let named = Named::report(report, config);
    let outcome = clipped(&plain(&report.build.state_string), MOST_OUTCOME);
    let mut text = match settings.wording.is_of_0_8() {
        false => today(&named, (results, &outcome), settings),
        true => older(&named, (results, &outcome), hearer, settings),
    };
    if settings.show_blame_list && results != Results::Success && !report.users.is_empty() {
        text += &format!("\nblamelist: {}", blamed(&report.users));
    }
    text
}

fn today(named: &Named, (results, outcome): (Results, &str), settings: &Settings) -> String {
    let Named { builder, number, url, revisions, .. } = named;
    let end = ended(results, outcome, settings);
    match revisions {
        None => format!("Build [#{number}]({url}) of `{builder}` {end}"),
        Some(revisions) => format!("Build on `{builder}` containing revision(s) {revisions} {end}"),
    }
}

/// `failed: failed compile`, or `completed successfully.`.
fn ended(results: Results, outcome: &str, settings: &Settings) -> String {
    let described = coloured(description(results), results, settings.use_colors);
    match results == Results::Success || outcome.is_empty() {
        true => format!("{described}."),
        false => format!("{described}: {outcome}"),
    }
}

fn older(named: &Named, (results, outcome): (Results, &str), hearer: Hearer, settings: &Settings) -> String {
    let Named { builder, number, url, revisions, .. } = named;
    let which = match (hearer, revisions) {
        (Hearer::Notified, None) => format!("build #{number} of {builder}"),
        (Hearer::Notified, Some(revisions)) => format!("build containing revision(s) [{revisions}] on {builder}"),
        (Hearer::Watching, None) => format!("Hey! build {builder} #{number}"),
        (Hearer::Watching, Some(revisions)) => format!("Hey! build {builder} containing revision(s) [{revisions}]"),
    };
    let outcome = coloured(outcome, results, settings.use_colors);
    format!("{which} is complete: {} [{outcome}]\nBuild details are at {url}", results.title())
}

/// How a build ended, as the end of a sentence about it.
pub(crate) fn description(results: Results) -> &'static str {
    match results {
        Results::Success => "completed successfully",
        Results::Warnings => "completed with warnings",
        Results::Failure => "failed",
        Results::Skipped => "was skipped",
        Results::Exception => "stopped with exception",
        Results::Retry => "has been retried",
        Results::Cancelled => "was cancelled",
    }
}

/// The page of a build.
pub(crate) fn url(site: &str, builder: Id, number: u32) -> String {
    format!("{site}#/builders/{builder}/builds/{number}")
}

fn blamed(users: &[String]) -> String {
    let named: Vec<String> = users.iter().take(MOST_BLAMED).map(|user| clipped(&plain(user), 100)).collect();
    let rest = users.len() - named.len();
    if rest == 0 { named.join(", ") } else { format!("{} and {rest} more", named.join(", ")) }
}

/// What a build is of: its changes, or where it has none what its source stamps say.
fn revisions(report: &BuildReport) -> Vec<String> {
    let of_changes = of_changes(&report.changes);
    if !of_changes.is_empty() {
        return of_changes;
    }
    let stamps = report.buildset.source_stamps.iter().filter_map(|stamp| stamp.revision.as_deref());
    distinct(stamps)
}

fn of_changes(changes: &[Change]) -> Vec<String> {
    distinct(changes.iter().filter_map(|change| change.revision.as_deref()))
}

fn distinct<'r>(revisions: impl Iterator<Item = &'r str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for revision in revisions.map(short).filter(|revision| !revision.is_empty()) {
        if !all.contains(&revision) {
            all.push(revision);
        }
    }
    all
}

/// A hash with seven characters; what is no hash as it is.
fn short(revision: &str) -> String {
    let is_hash = revision.len() >= SHORTEST_HASH && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    clipped(&plain(if is_hash { &revision[..HASH] } else { revision }), 100)
}

fn listed(revisions: &[String]) -> String {
    let named = revisions.iter().take(MOST_REVISIONS).cloned().collect::<Vec<_>>().join(", ");
    match revisions.len().saturating_sub(MOST_REVISIONS) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn listed_in_brackets(revisions: &[String]) -> String {
    let named = revisions.iter().take(MOST_REVISIONS).cloned().collect::<Vec<_>>().join(", ");
    match revisions.len().saturating_sub(MOST_REVISIONS) {
        0 => format!("[{named}]"),
        more => format!("[{named}] and {more} more"),
    }
}
