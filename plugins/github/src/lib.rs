//! Shows at GitHub how commits fare: Buildbot's `GitHubStatusPush`, and the older `GitHubStatus`.
//!
//! Not here: when something is told, what of it stays at last, and how long GitHub wants to be left alone.

mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::forges;
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

use crate::settings::Settings;

/// What GitHub calls the stages of a build.
pub const STATES: StateTable<&str> = StateTable {
    requested: "pending",
    running: "pending",
    success: "success",
    warnings: "success",
    failure: "failure",
    skipped: "success",
    exception: "error",
    retry: "pending",
    cancelled: "error",
};

/// GitHub refuses a longer description, in characters.
const LONGEST_DESCRIPTION: usize = 140;

/// The reporter.
#[derive(Debug)]
pub struct GitHubStatusPush;

campanile_sdk::export!(GitHubStatusPush);

/// What GitHub is sent.
#[derive(Serialize)]
struct Status<'a> {
    state: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    target_url: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    context: &'a str,
}

/// Which commit is told of.
struct Commit {
    repository: Repository,
    sha: String,
}

impl Reporter for GitHubStatusPush {
    const NAME: &'static str = "github";
    const SUMMARY: &'static str = "Shows at GitHub how commits fare (Buildbot's GitHubStatusPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        forges::subscribe(config.settings.problems(), &config.settings.generators())
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let settings = &config.settings;
        let mut statuses = Statuses::new();
        let report = forges::first_report(&settings.generators(), config.site(), event, host)?;
        let Some(report) = report else { return Ok(Vec::new()) };
        let Some((stage, target_url)) = Stage::of(&report).zip(report.url()) else { return Ok(Vec::new()) };
        let description = forges::shortened(report.body.as_deref().unwrap_or_default(), LONGEST_DESCRIPTION);
        let context = match forges::named(&report, "context", &settings.context) {
            Ok(context) => context,
            Err(reason) => return Ok(vec![Effect::skip("status", reason)]),
        };
        let status = Status { state: STATES.of(stage), description: &description, target_url, context: &context };
        for commit in commits(settings, &report) {
            match commit {
                Ok(commit) => {
                    let lane = Lane::of(commit.repository.path(), &commit.sha, &context);
                    statuses.send(lane, request(settings, &commit, &status));
                }
                Err(reason) => statuses.skip(reason),
            }
        }
        Ok(statuses.into_effects_logged(settings.verbose || settings.debug, host))
    }
}

fn request(settings: &Settings, commit: &Commit, status: &Status<'_>) -> HttpRequest {
    let Commit { repository, sha } = commit;
    let path = ["repos", &segment(&repository.owner), &segment(&repository.name), "statuses", sha].join("/");
    let body = serde_json::to_string(status).expect("texts are JSON");
    let access = Access { verify: Some(&settings.verify), ..Access::default() };
    HttpRequest::post(literal(join(&settings.base_url, &path)))
        .with(&access)
        .header("Authorization", [literal("token "), secret(&settings.token)].concat())
        .json(literal(body))
}

/// The one that the settings name, or that of each source stamp; or why there is none.
fn commits(settings: &Settings, report: &Report<'_>) -> Vec<Result<Commit, String>> {
    let sources = report.sources();
    let sha = |of_stamp: &dyn Fn() -> Result<String, String>| match &settings.sha {
        Some(sha) => filled("sha", &sha.fill_plain(sources)).and_then(|sha| Ok(forges::commit_id(&sha)?.to_owned())),
        None => of_stamp(),
    };
    if let Some((owner, name)) = settings.repo_owner.as_ref().zip(settings.repo_name.as_ref()) {
        let of_stamp = || {
            let stamp = report.source_stamps().iter().find(|stamp| stamp.codebase.is_empty());
            forges::commit(stamp.ok_or("there is no source stamp without a codebase: set `sha`")?).map(str::to_owned)
        };
        let named = || {
            let owner = filled("repoOwner", &owner.fill_plain(sources))?;
            let path = format!("{owner}/{}", filled("repoName", &name.fill_plain(sources))?);
            let unfit = || format!("{path:?} is no repository at GitHub: expected owner/name");
            Ok(Commit { repository: Repository::from_project(&path).ok_or_else(unfit)?, sha: sha(&of_stamp)? })
        };
        return vec![named()];
    }
    if report.source_stamps().is_empty() {
        return vec![Err(String::from("there is no source stamp, so there is no commit to tell of"))];
    }
    let stamps = report.source_stamps().iter();
    let commit = |stamp| {
        let repository = Repository::of(stamp)?;
        repository.only_owner()?;
        Ok(Commit { repository, sha: sha(&|| forges::commit(stamp).map(str::to_owned))? })
    };
    stamps.map(commit).collect()
}

fn filled(setting: &str, value: &str) -> Result<String, String> {
    match value.trim() {
        "" => Err(format!("the setting {setting} comes out empty, so there is no commit to tell of")),
        value => Ok(value.to_owned()),
    }
}
