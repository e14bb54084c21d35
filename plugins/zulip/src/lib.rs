//! Tells a stream of Zulip that builds start and end: Buildbot's `ZulipStatusPush`, for Zulip's integration `buildbot`.
//!
//! Not here: what the message says. Zulip makes it of these values.

mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::contract::HttpBody;
use campanile_sdk::contract::Text;
use campanile_sdk::contract::Timestamp;
use campanile_sdk::forges::segment;
use campanile_sdk::http::Access;
use campanile_sdk::http::join;
use campanile_sdk::prelude::*;
use serde::Serialize;
use std::borrow::Cow;

use crate::settings::Settings;

/// The reporter.
#[derive(Debug)]
pub struct ZulipStatusPush;

campanile_sdk::export!(ZulipStatusPush);

/// What Zulip is sent.
#[derive(Serialize)]
struct Told<'a> {
    event: &'static str,
    buildid: Id,
    buildername: &'a str,
    url: &'a str,
    project: Cow<'a, str>,
    timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<u8>,
}

impl Reporter for ZulipStatusPush {
    const NAME: &'static str = "zulip";
    const SUMMARY: &'static str = "Tells a stream of Zulip that builds start and end (Buildbot's ZulipStatusPush)";
    type Settings = Settings;

    fn subscribe(_: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        Ok(["builds/*/new", "builds/*/finished"].map(|topic| Subscription::to(topic, Want::PROPERTIES)).to_vec())
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let EventBody::Build(report) = &event.body else { return Ok(Vec::new()) };
        let body = serde_json::to_string(&told(report)).expect("texts and numbers are JSON");
        if config.settings.debug {
            host.log(Level::Info, "a message", &[("body", &body)]);
        }
        let request = HttpRequest { body: HttpBody::Json(literal(body)), ..HttpRequest::post(url(&config.settings)) };
        let request = request.with(&Access { verify: Some(&config.settings.verify), ..Access::default() });
        // A message that arrives twice is there twice, so it goes out again only if it did not arrive.
        let delivery = Delivery::new("message", Message::Http(request)).lane(format!("build {}", report.build.id));
        Ok(vec![delivery.into()])
    }
}

fn told(report: &BuildReport) -> Told<'_> {
    let build = &report.build;
    let stamp = report.buildset.source_stamps.first();
    Told {
        event: if build.complete_at.is_some() { "finished" } else { "new" },
        buildid: build.id,
        buildername: &report.builder.name,
        url: &report.url,
        project: report
            .property_text("project")
            .or_else(|| stamp.map(|stamp| stamp.project.as_str().into()))
            .unwrap_or_default(),
        timestamp: build.complete_at.unwrap_or(build.started_at),
        results: build.results.map(Results::code),
    }
}

/// The address, with the key and the stream in it.
fn url(settings: &Settings) -> Text {
    // What the endpoint has of a query goes to the end.
    let url = join(&settings.endpoint, "api/v1/external/buildbot?api_key=");
    let (before, after) = url.split_once("?api_key=").unwrap_or((&url, ""));
    let stream = settings.stream.as_ref().map(|stream| format!("&stream={}", segment(stream))).unwrap_or_default();
    let key = [literal(format!("{before}?api_key=")), secret(&settings.token)].concat();
    let rest = stream + after;
    if rest.is_empty() { key } else { [key, literal(rest)].concat() }
}
