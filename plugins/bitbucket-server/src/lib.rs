//! Shows at Bitbucket Server how commits fare, with all that its API takes: Buildbot's `BitbucketServerCoreAPIStatusPush`.
//!
//! Not here: when something is told, and what of it stays at last.

mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::contract::SourceStamp;
use campanile_sdk::forges;
use campanile_sdk::forges::BITBUCKET_STATES;
use campanile_sdk::forges::Lane;
use campanile_sdk::forges::Repository;
use campanile_sdk::forges::Stage;
use campanile_sdk::forges::Statuses;
use campanile_sdk::forges::segment;
use campanile_sdk::generators::Report;
use campanile_sdk::generators::SubjectMatter;
use campanile_sdk::http::join;
use campanile_sdk::prelude::*;
use serde::Serialize;

use crate::settings::Settings;

/// The reporter.
#[derive(Debug)]
pub struct BitbucketServerStatusPush;

campanile_sdk::export!(BitbucketServerStatusPush);

/// What the server is sent: all of it, also what is null.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: &'static str,
    url: String,
    key: String,
    parent: String,
    #[serde(rename = "ref")]
    branch: Option<String>,
    build_number: Option<String>,
    description: Option<String>,
    name: String,
    duration: Option<u64>,
    test_results: Option<TestResults>,
}

/// How many tests ended how.
#[derive(Clone, Copy, Serialize)]
struct TestResults {
    failed: u64,
    skipped: u64,
    successful: u64,
}

impl Reporter for BitbucketServerStatusPush {
    const NAME: &'static str = "bitbucket-server";
    const SUMMARY: &'static str = "Shows at Bitbucket Server how commits fare (BitbucketServerCoreAPIStatusPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        forges::subscribe(config.settings.problems(), &config.settings.generators())
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let settings = &config.settings;
        let report = forges::first_report(&settings.generators(), config.site(), event, host)?;
        let Some(report) = report else { return Ok(Vec::new()) };
        let Some((stage, url)) = Stage::of(&report).zip(report.url()) else { return Ok(Vec::new()) };
        let key = match forges::named(&report, "key", &settings.key) {
            Ok(key) => key,
            Err(reason) => return Ok(vec![Effect::skip("status", reason)]),
        };
        let status = Status { key, ..status(settings, &report, (stage, url)) };
        let mut statuses = Statuses::new();
        for stamp in statuses.stamps(&report) {
            match place(stamp) {
                Ok((repository, commit)) => {
                    let status = Status { branch: branch(settings, &report, stamp), ..status.clone() };
                    if status.branch.is_none() {
                        host.log(Level::Warn, "a status without a ref", &[("commit", commit)]);
                    }
                    let body = serde_json::to_string(&status).expect("texts and numbers are JSON");
                    let url = join(&settings.base_url, &format!("rest/api/1.0/{repository}/commits/{commit}/builds"));
                    let request = HttpRequest::post(literal(url)).json(literal(body)).with(&settings.access());
                    statuses.send(Lane::of(&repository, commit, &status.key), settings.authorized(request));
                }
                Err(reason) => statuses.skip(reason),
            }
        }
        Ok(statuses.into_effects_logged(settings.verbose || settings.debug, host))
    }
}

/// The repository as it stands in a path, and the commit.
fn place(stamp: &SourceStamp) -> Result<(String, &str), String> {
    let commit = forges::commit(stamp)?;
    let repository = Repository::from_url(&stamp.repository)?;
    let (project, name) = (segment(repository.last_owner()), segment(&repository.name));
    Ok((format!("projects/{project}/repos/{name}"), commit))
}

fn status(settings: &Settings, report: &Report<'_>, (stage, url): (Stage, &str)) -> Status {
    let sources = report.sources();
    let filled = |text: &Option<campanile_sdk::Renderable>| text.as_ref().map(|text| text.fill_plain(sources));
    let build = report.builds().first();
    let builder = report.builder().or(build.map(|build| build.builder.name.as_str())).unwrap_or_default();
    let parent = build.and_then(|build| build.parent.as_ref());
    let number = build.map(|build| build.build.number.to_string());
    let name = filled(&settings.status_name).unwrap_or_else(|| {
        let of_parent = parent.map(|parent| format!("{} #{} \u{bb} ", parent.builder.name, parent.build.number));
        let number = number.clone().unwrap_or_else(|| String::from("(build request)"));
        format!("{}{builder} #{number}", of_parent.unwrap_or_default())
    });
    Status {
        state: BITBUCKET_STATES.of(stage),
        url: url.to_owned(),
        key: String::new(),
        parent: filled(&settings.parent_name)
            .unwrap_or_else(|| parent.map_or(builder, |parent| &parent.builder.name).to_owned()),
        branch: None,
        build_number: filled(&settings.build_number).or(number),
        description: report.body.clone(),
        name: name + &filled(&settings.status_suffix).unwrap_or_default(),
        duration: duration(settings, report),
        test_results: test_results(settings, report),
    }
}

/// The branch as git has it.
fn branch(settings: &Settings, report: &Report<'_>, stamp: &SourceStamp) -> Option<String> {
    let set = settings.branch.as_ref().map(|text| text.fill_plain(report.sources()));
    let branch = set.or_else(|| stamp.branch.clone()).filter(|branch| !branch.is_empty())?;
    Some(if branch.starts_with("refs/") { branch } else { format!("refs/heads/{branch}") })
}

/// In milliseconds, once it is over.
fn duration(settings: &Settings, report: &Report<'_>) -> Option<u64> {
    let SubjectMatter::Build(build) = &report.subject_matter else { return None };
    let complete_at = build.build.complete_at?;
    match &settings.duration {
        Some(text) => text.fill_plain(report.sources()).trim().parse().ok(),
        None => Some(complete_at.saturating_sub(build.build.started_at) * 1000),
    }
}

/// What the settings or the properties say of tests, unless there were none.
fn test_results(settings: &Settings, report: &Report<'_>) -> Option<TestResults> {
    Stage::of(report).filter(|stage| matches!(stage, Stage::Ended(_)))?;
    let of_property = |name: &str| report.property_text(name).and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    let results = match &settings.test_results {
        Some(counts) => {
            let count =
                |text: &campanile_sdk::Renderable| text.fill_plain(report.sources()).trim().parse().unwrap_or(0);
            let [failed, skipped, successful] = [&counts.failed, &counts.skipped, &counts.successful].map(count);
            TestResults { failed, skipped, successful }
        }
        None => TestResults {
            failed: of_property("tests_failed"),
            skipped: of_property("tests_skipped"),
            successful: of_property("tests_successful"),
        },
    };
    (results.failed + results.skipped + results.successful > 0).then_some(results)
}
