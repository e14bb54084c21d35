//! Shows in Gerrit how builds of changes fare, by Gerrit's plugin verify-status: Buildbot's `GerritVerifyStatusPush`.
//!
//! Not here: when something is told, and what of it stays at last.

mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::duration_text;
use campanile_sdk::forges;
use campanile_sdk::forges::Lane;
use campanile_sdk::forges::PatchSet;
use campanile_sdk::forges::Stage;
use campanile_sdk::forges::StateTable;
use campanile_sdk::forges::Statuses;
use campanile_sdk::generators::Report;
use campanile_sdk::prelude::*;
use serde::Serialize;

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

/// The reporter.
#[derive(Debug)]
pub struct GerritVerifyStatusPush;

campanile_sdk::export!(GerritVerifyStatusPush);

impl Reporter for GerritVerifyStatusPush {
    const NAME: &'static str = "gerrit-verify";
    const SUMMARY: &'static str = "Shows in Gerrit how builds of changes fare (Buildbot's GerritVerifyStatusPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        forges::subscribe(config.settings.problems(), &config.settings.generators())
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let settings = &config.settings;
        let report = forges::first_report(&settings.generators(), config.site(), event, host)?;
        let Some(report) = report else { return Ok(Vec::new()) };
        let Some(stage) = Stage::of(&report) else { return Ok(Vec::new()) };
        let sources = report.sources();
        let name = match forges::named(&report, "verificationName", &settings.verification_name) {
            Ok(name) => name,
            Err(reason) => return Ok(vec![Effect::skip("status", reason)]),
        };
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
        for patch_set in forges::patch_sets(&report) {
            match patch_set {
                Ok(PatchSet { change, revision }) => {
                    let request = settings.post(&change, &revision).json(literal(&body));
                    statuses.send(Lane::of(change, &revision, &name), request);
                }
                Err(reason) => statuses.skip(reason),
            }
        }
        Ok(statuses.into_effects_logged(settings.verbose || settings.debug, host))
    }
}

/// How long it took, as Buildbot says it.
fn duration(report: &Report<'_>, stage: Stage) -> Option<String> {
    if stage == Stage::Requested || stage == Stage::Running {
        return Some(String::from("pending"));
    }
    let build = &report.builds().first()?.build;
    Some(duration_text(build.complete_at?.saturating_sub(build.started_at)))
}
