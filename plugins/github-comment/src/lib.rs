//! Comments on GitHub's pull requests how builds ended: Buildbot's `GitHubCommentPush`.
//!
//! A comment carries a marker that nobody sees. When nobody knows whether one arrived, the comments are asked for it, so
//! that none is there twice.
//!
//! Not here: when something is told.

mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::clock_text;
use campanile_sdk::contract::Probe;
use campanile_sdk::contract::Resend;
use campanile_sdk::contract::SourceStamp;
use campanile_sdk::forges;
use campanile_sdk::forges::Repository;
use campanile_sdk::forges::Stage;
use campanile_sdk::forges::Statuses;
use campanile_sdk::forges::segment;
use campanile_sdk::generators::Report;
use campanile_sdk::http::Access;
use campanile_sdk::http::join;
use campanile_sdk::prelude::*;
use std::collections::BTreeSet;

use crate::settings::Settings;

/// Comments are asked for from so long before the event, in seconds: GitHub's clock may be behind.
const CLOCKS_DIFFER: u64 = 600;

/// GitHub refuses a longer comment, in characters; the marker needs some of them.
const LONGEST_COMMENT: usize = 65_000;

/// The reporter.
#[derive(Debug)]
pub struct GitHubCommentPush;

campanile_sdk::export!(GitHubCommentPush);

impl Reporter for GitHubCommentPush {
    const NAME: &'static str = "github-comment";
    const SUMMARY: &'static str = "Comments on GitHub's pull requests how builds ended (Buildbot's GitHubCommentPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        forges::subscribe(config.settings.problems(), &config.settings.generators())
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let settings = &config.settings;
        let report = forges::first_report(&settings.generators(), config.site(), event, host)?;
        let Some(report) = report.filter(|report| report.body.is_some()) else { return Ok(Vec::new()) };
        let mut comments = Statuses::called("comment");
        // Several codebases may be on one pull request.
        let issues: BTreeSet<_> = comments.stamps(&report).iter().map(|stamp| issue(&report, stamp)).collect();
        for issue in issues {
            match issue {
                Ok(issue) => {
                    let (message, probe) = comment(config, (event, &report), &issue);
                    let lane = format!("{issue} {}", report.builder().unwrap_or_default());
                    comments.deliver(message, |delivery| delivery.lane(lane).resend(Resend::Probe(probe)));
                }
                Err(reason) => comments.skip(reason),
            }
        }
        Ok(comments.into_effects_logged(settings.verbose || settings.debug, host))
    }
}

/// The comments of a pull request, below the API's address.
fn issue(report: &Report<'_>, stamp: &SourceStamp) -> Result<String, String> {
    let repository = Repository::of(stamp)?;
    let owner = repository.only_owner()?;
    // Of several codebases the property names none, or just one of them.
    let of_build = || report.property_text("branch").filter(|_| report.source_stamps().len() == 1);
    let of_stamp = stamp.branch.as_deref().and_then(forges::pull_request);
    let number = of_stamp.or_else(|| forges::pull_request(&of_build()?));
    let number = number.ok_or_else(|| {
        let branch = stamp.branch.as_deref().unwrap_or_default();
        format!("the branch {branch:?} is no pull request's: expected refs/pull/7/head or refs/pull/7/merge")
    })?;
    Ok(format!("repos/{}/{}/issues/{number}/comments", segment(owner), segment(&repository.name)))
}

fn comment(config: &Config<Settings>, (event, report): (&Event, &Report<'_>), issue: &str) -> (Message, Probe) {
    let settings = &config.settings;
    let url = join(&settings.base_url, issue);
    let access = Access { verify: Some(&settings.verify), ..Access::default() };
    let stage = Stage::of(report).map(Stage::name);
    let marker = forges::marker(config, event, (report.url(), stage, issue));
    let body = forges::shortened(report.body.as_deref().unwrap_or_default(), LONGEST_COMMENT);
    let body = serde_json::json!({"body": format!("{body}\n\n<!-- {marker} -->")}).to_string();
    let token = [literal("token "), secret(&settings.token)].concat();
    let authorized = |request: HttpRequest| request.with(&access).header("Authorization", token.clone());
    let since = clock_text(event.at.saturating_sub(CLOCKS_DIFFER)).replace(" UTC", "Z").replace(' ', "T");
    let ask = authorized(HttpRequest::get(literal(join(&url, &format!("?since={since}&per_page=100")))));
    let message = Message::Http(authorized(HttpRequest::post(literal(url))).json(literal(body)));
    (message, Probe::letters(Message::Http(ask), marker))
}
