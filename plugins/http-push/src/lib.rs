//! Posts what happens to builds as JSON: Buildbot's `HttpStatusPush`.
//!
//! This file is the reporter's table of contents: what it wants to be told, and the way from an event to a request.
//! Not here: what is posted (`body`), and posting it, which is the host's.

mod body;
mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::contract::Outcome;
use campanile_sdk::contract::Receipt;
use campanile_sdk::contract::Resend;
use campanile_sdk::generators;
use campanile_sdk::generators::Report;
use campanile_sdk::generators::SubjectMatter;
use campanile_sdk::prelude::*;

use crate::body::Body;
use crate::settings::Settings;

/// The one delivery of a call.
const KEY: &str = "push";

/// The bytes of a request that are written into the log.
const LOGGED_BYTES: usize = 16 * 1024;

/// The reporter.
#[derive(Debug)]
pub struct HttpStatusPush;

campanile_sdk::export!(HttpStatusPush);

impl Reporter for HttpStatusPush {
    const NAME: &'static str = "http-push";
    const SUMMARY: &'static str = "Posts what happens to builds as JSON (Buildbot's HttpStatusPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        let problems = config.settings.problems();
        let generators = config.settings.generators();
        if problems.is_empty() { Ok(generators::subscriptions(&generators, Want::empty())) } else { Err(problems) }
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        if let EventBody::Receipt(receipt) = &event.body {
            log_answer(receipt, host);
            return Ok(Vec::new());
        }
        // As Buildbot does: several generators that tell of one event make one request.
        for (index, generator) in config.settings.generators().iter().enumerate() {
            let reports = generators::reports(std::slice::from_ref(generator), config.site(), event, host)?;
            if let Some(report) = reports.into_iter().next() {
                let own = config.settings.posts_own(index, &report);
                return push(config, (&report, own), host).map(|effect| vec![effect]);
            }
        }
        Ok(Vec::new())
    }
}

/// The report, and whether the build itself is posted.
fn push(config: &Config<Settings>, (report, own): (&Report<'_>, bool), host: &impl Host) -> Result<Effect, Failure> {
    let settings = &config.settings;
    let body = match body::of(settings, (report, own), host)? {
        Body::Json(body) => body,
        Body::None(reason) => return Ok(Effect::skip(KEY, reason)),
    };
    if settings.debug {
        log_request(&settings.server_url, &body, host);
    }
    let request = HttpRequest::post(literal(&settings.server_url)).json(literal(body));
    let request = request.with(&settings.access(report.sources()));
    // The start of a build never overtakes its end, and the receiver tells a repeated push by its `webhook-id`. What
    // happened between does not make a push worthless, so none takes the place of another one.
    let delivery = Delivery::new(KEY, Message::Http(request)).lane(lane(&config.name, report)).resend(Resend::Upsert);
    Ok(if settings.debug { delivery.receipt() } else { delivery }.into())
}

/// What is told of one request, and of its builds, goes out in order. The reporter's name is in it, for what another one
/// pushes to the same server has nothing to do with it.
fn lane(reporter: &str, report: &Report<'_>) -> String {
    match &report.subject_matter {
        SubjectMatter::Build(build) => format!("{reporter} request {}", build.build.request_id),
        SubjectMatter::Request(request) => format!("{reporter} request {}", request.request.id),
        SubjectMatter::Buildset(set, _) => format!("{reporter} buildset {}", set.buildset.id),
        SubjectMatter::Worker(worker) => format!("{reporter} worker {}", worker.worker.id),
    }
}

fn log_request(url: &str, body: &str, host: &impl Host) {
    let end = (0..=body.len().min(LOGGED_BYTES)).rev().find(|&end| body.is_char_boundary(end)).unwrap_or_default();
    host.log(Level::Info, "a push", &[("url", url), ("body", &body[..end])]);
}

fn log_answer(receipt: &Receipt, host: &impl Host) {
    let status = receipt.status.map_or_else(|| String::from("none"), |status| status.to_string());
    let outcome = match receipt.outcome {
        Outcome::Done => "done",
        Outcome::Refused => "refused",
        Outcome::Expired => "expired",
        Outcome::Superseded => "superseded",
        Outcome::Cancelled => "cancelled",
    };
    let fields = [("outcome", outcome), ("status", &status), ("answer", &receipt.answer)];
    host.log(Level::Info, "the answer to a push", &fields);
}
