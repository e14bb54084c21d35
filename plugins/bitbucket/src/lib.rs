//! Shows at Bitbucket Cloud how commits fare: Buildbot's `BitbucketStatusPush`.
//!
//! Not here: when something is told, what of it stays at last, and tokens, which the host gets.

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
use campanile_sdk::http::join;
use campanile_sdk::prelude::*;
use serde::Serialize;
use sha1::Digest;
use sha1::Sha1;

use crate::settings::Settings;

/// The reporter.
#[derive(Debug)]
pub struct BitbucketStatusPush;

campanile_sdk::export!(BitbucketStatusPush);

/// What Bitbucket is sent.
#[derive(Serialize)]
struct Status<'a> {
    state: &'a str,
    key: &'a str,
    name: &'a str,
    description: &'a str,
    url: &'a str,
}

impl Reporter for BitbucketStatusPush {
    const NAME: &'static str = "bitbucket";
    const SUMMARY: &'static str = "Shows at Bitbucket Cloud how commits fare (Buildbot's BitbucketStatusPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        forges::subscribe(config.settings.problems(), &config.settings.generators())
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let settings = &config.settings;
        let report = forges::first_report(&settings.generators(), config.site(), event, host)?;
        let Some(report) = report else { return Ok(Vec::new()) };
        let Some((stage, url)) = Stage::of(&report).zip(report.url()) else { return Ok(Vec::new()) };
        let key = match forges::named(&report, "status_key", &settings.status_key) {
            Ok(key) => sha1_hex(&key),
            Err(reason) => return Ok(vec![Effect::skip("status", reason)]),
        };
        let name = settings.status_name.fill_plain(report.sources());
        let description = report.subject.as_deref().unwrap_or_default();
        let status = Status { state: BITBUCKET_STATES.of(stage), key: &key, name: &name, description, url };
        let body = serde_json::to_string(&status).expect("texts are JSON");
        let mut statuses = Statuses::new();
        for stamp in statuses.stamps(&report) {
            match place(stamp) {
                Ok((repository, commit)) => {
                    let url = join(&settings.base_url, &format!("{repository}/commit/{commit}/statuses/build"));
                    let request = settings.authorized(HttpRequest::post(literal(url)).json(literal(&body)));
                    statuses.send(Lane::of(&repository, commit, &key), request);
                }
                Err(reason) => statuses.skip(reason),
            }
        }
        Ok(statuses.into_effects_logged(settings.debug, host))
    }
}

/// The repository as it stands in a path, and the commit.
fn place(stamp: &SourceStamp) -> Result<(String, &str), String> {
    let commit = forges::commit(stamp)?;
    let repository = Repository::from_url(&stamp.repository)?;
    Ok((format!("{}/{}", segment(repository.only_owner()?), segment(&repository.name)), commit))
}

/// Bitbucket takes a key of 40 characters, and that is what Buildbot makes of it.
fn sha1_hex(text: &str) -> String {
    Sha1::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
