//! Shows in Gerrit how builds of changes fare, by Gerrit's plugin verify-status: Buildbot's `GerritVerifyStatusPush`.
//!
//! Not here: when something is told, and what of it stays at last.

mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::contract::Timestamp;
use campanile_sdk::forges;
use campanile_sdk::forges::Lane;
use campanile_sdk::forges::Stage;
use campanile_sdk::forges::StateTable;
use campanile_sdk::forges::Statuses;
use campanile_sdk::forges::segment;
use campanile_sdk::generators::Report;
use campanile_sdk::prelude::*;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

use crate::settings::Settings;

/// The votes for the stages of a build.
pub const VOTES: StateTable<i8> = StateTable {
    requested: 0,
    running: 0,
    success: 1,
    warnings: 1,
    failure: -1,
    skipped: 0,
    exception: 0,
    retry: 0,
    cancelled: 0,
};

/// What Gerrit is sent.
#[derive(Serialize)]
struct Verification<'a> {
    name: &'a str,
    value: i8,
    abstain: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reporter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<String>,
}

/// A patch set, as an element of the property `gerrit_changes`: each a number or a text.
#[derive(Deserialize)]
struct PatchSet {
    change_id: Value,
    revision_id: Value,
}

/// The reporter.
#[derive(Debug)]
pub struct GerritVerifyStatusPush;

campanile_sdk::export!(GerritVerifyStatusPush);

impl Reporter for GerritVerifyStatusPush {
    const NAME: &'static str = "gerrit-verify";
    const SUMMARY: &'static str = "Shows in Gerrit how builds of changes fare (Buildbot's GerritVerifyStatusPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        let problems = config.settings.problems();
        if problems.is_empty() { Ok(forges::subscriptions(&config.settings.generators())) } else { Err(problems) }
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let settings = &config.settings;
        let report = forges::first_report(&settings.generators(), config.site(), event, host)?;
        let Some(report) = report else { return Ok(Vec::new()) };
        let Some(stage) = Stage::of(&report) else { return Ok(Vec::new()) };
        let sources = report.sources();
        let name = settings.verification_name.fill_plain(sources);
        let filled = |text: &Option<campanile_sdk::Renderable>| text.as_ref().map(|text| text.fill_plain(sources));
        let verification = Verification {
            name: &name,
            value: VOTES.of(stage),
            abstain: settings.abstain,
            comment: report.body.as_deref(),
            url: report.url(),
            reporter: filled(&settings.reporter),
            category: filled(&settings.category),
            duration: duration(&report, stage),
        };
        let body = serde_json::to_string(&verification).expect("texts are JSON");
        let mut statuses = Statuses::new();
        match patch_sets(&report) {
            Ok(patch_sets) => patch_sets.iter().for_each(|(change, revision)| {
                let request = settings.post(change, revision).json(literal(&body));
                statuses.send(Lane::of(change, revision, &name), request);
            }),
            Err(reason) => statuses.skip(reason),
        }
        if settings.verbose || settings.debug {
            statuses.log(host);
        }
        Ok(statuses.into_effects())
    }
}

/// The changes and their revisions, each as it stands in a URL.
fn patch_sets(report: &Report<'_>) -> Result<Vec<(String, String)>, String> {
    let of_event =
        || Some((report.property_text("event.change.number")?, report.property_text("event.patchSet.number")?));
    if let Some(list) = report.property_text("gerrit_changes") {
        let wrong = || String::from("the property gerrit_changes is no list of {change_id, revision_id}");
        let list: Vec<PatchSet> = serde_json::from_str(&list).map_err(|_| wrong())?;
        let pair = |set: &PatchSet| Some((part(&set.change_id)?, part(&set.revision_id)?));
        return list.iter().map(pair).collect::<Option<_>>().ok_or_else(wrong);
    }
    let none = "this is about no change of Gerrit's: there is no property gerrit_changes, nor event.change.number";
    let (change, revision): (Cow<'_, str>, Cow<'_, str>) = of_event().ok_or(none)?;
    Ok(vec![(segment(&change), segment(&revision))])
}

fn part(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if text.bytes().any(|byte| byte != b'.') => Some(segment(text)),
        _ => None,
    }
}

/// How long it took, as Buildbot says it.
fn duration(report: &Report<'_>, stage: Stage) -> Option<String> {
    if stage == Stage::Requested || stage == Stage::Running {
        return Some(String::from("pending"));
    }
    let build = &report.builds().first()?.build;
    Some(in_words(build.complete_at?.saturating_sub(build.started_at)))
}

fn in_words(seconds: Timestamp) -> String {
    let (days, hours, minutes, rest) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}m {rest}s"),
        (0, _) => format!("{hours}h {minutes}m {rest}s"),
        _ => format!("{days} day{} {hours}h {minutes}m {rest}s", if days == 1 { "" } else { "s" }),
    }
}
