//! Shows at Bitbucket Server how commits fare: Buildbot's `BitbucketServerStatusPush`, and the older `StashStatusPush`.
//!
//! A status belongs to a commit, whatever the repository. Not here: when something is told, and what of it stays at last.

mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::forges;
use campanile_sdk::forges::BITBUCKET_STATES;
use campanile_sdk::forges::Lane;
use campanile_sdk::forges::Stage;
use campanile_sdk::forges::Statuses;
use campanile_sdk::generators::Report;
use campanile_sdk::http::join;
use campanile_sdk::prelude::*;
use serde::Serialize;

use crate::settings::Settings;

/// The reporter.
#[derive(Debug)]
pub struct StashStatusPush;

campanile_sdk::export!(StashStatusPush);

/// What the server is sent.
#[derive(Serialize)]
struct Status<'a> {
    state: &'a str,
    url: &'a str,
    key: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
}

impl Reporter for StashStatusPush {
    const NAME: &'static str = "stash";
    const SUMMARY: &'static str = "Shows at Bitbucket Server how commits fare (Buildbot's BitbucketServerStatusPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        forges::subscribe(config.settings.problems(), &config.settings.generators())
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let settings = &config.settings;
        let report = forges::first_report(&settings.generators(), config.site(), event, host)?;
        let Some(report) = report else { return Ok(Vec::new()) };
        let mut statuses = Statuses::new();
        tell(settings, &report, &mut statuses);
        Ok(statuses.into_effects_logged(settings.verbose || settings.debug, host))
    }
}

/// One status for each commit.
fn tell(settings: &Settings, report: &Report<'_>, statuses: &mut Statuses) {
    let Some((stage, url)) = Stage::of(report).zip(report.url()) else { return };
    let key = match forges::named(report, "key", &settings.key) {
        Ok(key) => key,
        Err(reason) => return statuses.skip(reason),
    };
    let name = settings.status_name.as_ref().map(|name| name.fill_plain(report.sources())).unwrap_or_default();
    let description = report.body.as_deref().unwrap_or_default();
    let status = Status { state: BITBUCKET_STATES.of(stage), url, key: &key, description, name: &name };
    let body = serde_json::to_string(&status).expect("texts are JSON");
    for stamp in statuses.stamps(report) {
        match forges::commit(stamp) {
            Ok(commit) => {
                let url = join(&settings.base_url, &format!("rest/build-status/1.0/commits/{commit}"));
                let request = HttpRequest::post(literal(url)).json(literal(&body)).with(&settings.access());
                statuses.send(Lane::of("commit", commit, &key), request);
            }
            Err(reason) => statuses.skip(reason),
        }
    }
}
