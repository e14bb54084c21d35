//! Comments on pull requests of Bitbucket Server how builds ended: Buildbot's `BitbucketServerPRCommentPush`.
//!
//! A comment carries a marker that nobody sees. When nobody knows whether one arrived, the pull request's activities are
//! asked for it, so that none is there twice.
//!
//! Not here: when something is told.

mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::contract::Probe;
use campanile_sdk::contract::Property;
use campanile_sdk::contract::Resend;
use campanile_sdk::forges;
use campanile_sdk::forges::Statuses;
use campanile_sdk::forges::segment;
use campanile_sdk::generators;
use campanile_sdk::generators::Report;
use campanile_sdk::http::join;
use campanile_sdk::prelude::*;
use std::collections::BTreeSet;

use crate::settings::Settings;

/// The server refuses a longer comment, in characters; the marker needs some of them.
const LONGEST_COMMENT: usize = 32_000;

/// The reporter.
#[derive(Debug)]
pub struct BitbucketServerPrComment;

campanile_sdk::export!(BitbucketServerPrComment);

impl Reporter for BitbucketServerPrComment {
    const NAME: &'static str = "bitbucket-server-pr";
    const SUMMARY: &'static str = "Comments on pull requests of Bitbucket Server (BitbucketServerPRCommentPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        forges::subscribe(config.settings.problems(), &config.settings.generators())
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let generators = config.settings.generators();
        let reports = generators::merged(generators::reports(&generators, config.site(), event, host)?);
        let mut comments = Statuses::called("comment");
        for report in reports.iter().filter(|report| report.body.is_some()) {
            let pull_requests = pull_requests(report);
            if pull_requests.is_empty() {
                comments.skip("this is about no pull request: there is no property pullrequesturl");
            }
            for pull_request in pull_requests {
                match pull_request {
                    Ok(path) => {
                        let (message, probe) = comment(config, (event, report), &path);
                        let lane = format!("{path} {}", report.builder().unwrap_or_default());
                        comments.deliver(message, |delivery| delivery.lane(lane).resend(Resend::Probe(probe)));
                    }
                    Err(reason) => comments.skip(reason),
                }
            }
        }
        Ok(comments.into_effects())
    }
}

/// The pull requests that the builds are about, as paths of the API; or why one is none.
fn pull_requests(report: &Report<'_>) -> BTreeSet<Result<String, String>> {
    let of_request = if report.builds().is_empty() { report.properties() } else { &[] };
    let of_builds = report.builds().iter().flat_map(|build| &build.properties);
    let urls = of_builds.chain(of_request).filter(|property| property.name == "pullrequesturl");
    let urls = urls.filter_map(Property::text).filter(|url| !url.is_empty());
    urls.map(|url| {
        path(&url).ok_or_else(|| format!("the property pullrequesturl is {url:?}, which is no pull request's"))
    })
    .collect()
}

/// `projects/P/repos/R/pull-requests/7` of a pull request's page.
fn path(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let parts: Vec<&str> = rest.split(['?', '#']).next()?.trim_end_matches('/').split('/').collect();
    // What stands before it is the path of the server.
    let at = parts.iter().position(|part| *part == "projects" || *part == "users")?;
    match parts[at..] {
        [kind, owner, "repos", name, "pull-requests", number, ..] if is_number(number) && names([owner, name]) => {
            Some([kind, &segment(owner), "repos", &segment(name), "pull-requests", number].join("/"))
        }
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn names(parts: [&str; 2]) -> bool {
    parts.iter().all(|part| part.bytes().any(|byte| byte != b'.') && !part.contains('%'))
}

fn comment(config: &Config<Settings>, (event, report): (&Event, &Report<'_>), path: &str) -> (Message, Probe) {
    let settings = &config.settings;
    let address = join(&settings.base_url, &format!("rest/api/1.0/{path}"));
    let marker = forges::marker(config, event, (report.kind as u8, path));
    let body = forges::shortened(report.body.as_deref().unwrap_or_default(), LONGEST_COMMENT);
    // A definition of a link that nothing links to is not shown.
    let text = format!("{}\n\n[//]: # ({marker})", body.trim_end());
    let body = serde_json::json!({"text": text}).to_string();
    let access = settings.access();
    let message = HttpRequest::post(literal(format!("{address}/comments"))).json(literal(body)).with(&access);
    // The newest come first.
    let ask = HttpRequest::get(literal(format!("{address}/activities?limit=100"))).with(&access);
    (Message::Http(message), Probe::letters(Message::Http(ask), marker))
}
