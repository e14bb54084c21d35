//! Shows at GitLab how commits fare: Buildbot's `GitLabStatusPush`.
//!
//! A status belongs to a project's number, which GitLab is asked for once. Not here: what waits for a number.

mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::contract::SourceStamp;
use campanile_sdk::forges;
use campanile_sdk::forges::Held;
use campanile_sdk::forges::Inquiry;
use campanile_sdk::forges::Lane;
use campanile_sdk::forges::Repository;
use campanile_sdk::forges::Stage;
use campanile_sdk::forges::StateTable;
use campanile_sdk::forges::Statuses;
use campanile_sdk::forges::segment;
use campanile_sdk::generators::Report;
use campanile_sdk::http::Access;
use campanile_sdk::http::join;
use campanile_sdk::prelude::*;
use serde::Serialize;
use std::borrow::Cow;

use crate::settings::Settings;

/// What GitLab calls the stages of a build.
pub const STATES: StateTable<&str> = StateTable {
    requested: "pending",
    running: "running",
    success: "success",
    warnings: "success",
    failure: "failed",
    skipped: "success",
    exception: "failed",
    retry: "pending",
    cancelled: "canceled",
};

/// GitLab refuses a longer description, in characters.
const LONGEST_DESCRIPTION: usize = 255;

/// What GitLab is sent.
#[derive(Serialize)]
struct Status<'a> {
    state: &'a str,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    branch: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    target_url: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
}

/// The reporter.
#[derive(Debug)]
pub struct GitLabStatusPush;

campanile_sdk::export!(GitLabStatusPush);

impl Reporter for GitLabStatusPush {
    const NAME: &'static str = "gitlab";
    const SUMMARY: &'static str = "Shows at GitLab how commits fare (Buildbot's GitLabStatusPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        forges::subscribe(config.settings.problems(), &config.settings.generators())
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let settings = &config.settings;
        let (mut inquiry, mut statuses) = (Inquiry::new(&settings.base_url, host), Statuses::new());
        if let EventBody::Receipt(receipt) = &event.body {
            let (id, held) = inquiry.answered(receipt, id, &mut statuses).unwrap_or_default();
            held.into_iter().for_each(|held| send(settings, &id, held, &mut statuses));
            return Ok(statuses.into_effects());
        }
        let report = forges::first_report(&settings.generators(), config.site(), event, host)?;
        let Some(report) = report else { return Ok(Vec::new()) };
        for stamp in statuses.stamps(&report) {
            match status(settings, &report, stamp) {
                Ok((path, held)) => match project(&report).or_else(|| inquiry.known(&path)) {
                    Some(id) => send(settings, &id, held, &mut statuses),
                    None => inquiry.hold(&path, held, &mut statuses),
                },
                Err(reason) => statuses.skip(reason),
            }
        }
        inquiry.ask(|path| request(settings, "GET", &segment(path)), &mut statuses);
        Ok(statuses.into_effects_logged(settings.verbose || settings.debug, host))
    }
}

/// The number of the project that a build says it is of.
fn project(report: &Report<'_>) -> Option<String> {
    report.property_text("source_project_id").filter(|id| !id.is_empty()).map(Cow::into_owned)
}

/// Where a state belongs, and what it says.
fn status(settings: &Settings, report: &Report<'_>, stamp: &SourceStamp) -> Result<(String, Held), String> {
    let commit = forges::commit(stamp)?;
    let place = Repository::from_url(&stamp.repository).map(|repository| repository.path());
    let lane = place.as_deref().unwrap_or(&stamp.repository);
    let branch = report.property_text("source_branch");
    let name = forges::named(report, "context", &settings.context)?;
    let status = Status {
        state: Stage::of(report).map_or("", |stage| STATES.of(stage)),
        branch: branch.as_deref().or(stamp.branch.as_deref()),
        description: &forges::shortened(report.body.as_deref().unwrap_or_default(), LONGEST_DESCRIPTION),
        target_url: report.url().unwrap_or_default(),
        name: &name,
    };
    let lane = Lane::of(lane, commit, &name);
    let body = serde_json::to_string(&status).expect("texts are JSON");
    Ok((place.or_else(|problem| project(report).ok_or(problem))?, Held { lane, commit: commit.to_owned(), body }))
}

fn send(settings: &Settings, id: &str, Held { lane, commit, body }: Held, statuses: &mut Statuses) {
    let path = format!("{}/statuses/{commit}", segment(id));
    statuses.send(lane, request(settings, "POST", &path).json(literal(body)));
}

/// About a project.
fn request(settings: &Settings, method: &str, path: &str) -> HttpRequest {
    let access = Access { verify: Some(&settings.verify), ..Access::default() };
    let url = join(&settings.base_url, &format!("api/v4/projects/{path}"));
    HttpRequest::new(method, literal(url)).with(&access).header("PRIVATE-TOKEN", secret(&settings.token))
}

/// The number in GitLab's answer, of which only the beginning may be here. It stands first.
fn id(answer: &str) -> Option<String> {
    let digits = answer.trim_start().strip_prefix('{')?.trim_start().strip_prefix("\"id\"")?;
    let digits = digits.trim_start().strip_prefix(':')?.trim_start();
    let end = digits.find(|char: char| !char.is_ascii_digit())?;
    (end > 0).then(|| digits[..end].to_owned())
}
