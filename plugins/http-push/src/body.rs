//! What is posted: the build as the data API has it, or what a formatter made of it.

use campanile_sdk::contract::Contents;
use campanile_sdk::contract::Previous;
use campanile_sdk::contract::Scope;
use campanile_sdk::forges::shortened;
use campanile_sdk::generators::Report;
use campanile_sdk::generators::SubjectMatter;
use campanile_sdk::prelude::*;
use serde::de::IgnoredAny;

use crate::settings::Settings;

/// The largest body. The host takes messages of 1 MiB, of which the rest is for address and headers.
const MOST_BYTES: usize = 1_000_000;

/// Of an answer that is no JSON, so many characters are told.
const SHOWN: usize = 100;

/// What comes of a report.
pub(crate) enum Body {
    Json(String),
    /// Nothing, for this reason.
    None(String),
}

/// Of the build itself if it is its own; else what the formatter made.
pub(crate) fn of(settings: &Settings, (report, own): (&Report<'_>, bool), host: &impl Host) -> Result<Body, Failure> {
    if let Some(reason) = &report.failure {
        return Ok(Body::None(format!("the formatter failed: {reason}")));
    }
    let body = match report.body.as_deref() {
        None => return Ok(Body::None(String::from("the formatter makes nothing of it"))),
        Some(_) if own => of_build(settings, report, host)?,
        Some("") => return Ok(Body::None(String::from("the formatter makes an empty text of it"))),
        Some(text) => text.to_owned(),
    };
    // A text such as `0` is JSON by chance: only who says that it is JSON may post it.
    let is_meant = || report.kind == BodyKind::Json || body.trim_start().starts_with(['{', '[']);
    let is_json = own || (is_meant() && serde_json::from_str::<IgnoredAny>(&body).is_ok());
    Ok(if !is_json {
        Body::None(format!("the formatter answers no JSON, but {:?}", shortened(&body, SHOWN)))
    } else if body.len() > MOST_BYTES {
        Body::None(format!("it has {} bytes, and at most {MOST_BYTES} are posted", body.len()))
    } else {
        Body::Json(body)
    })
}

/// The object of a build, or of a request. With logs that are too long for a request, it is without what they say.
fn of_build(settings: &Settings, report: &Report<'_>, host: &impl Host) -> Result<String, Failure> {
    let about = match &report.subject_matter {
        SubjectMatter::Build(build) => About::Build(build.build.id),
        SubjectMatter::Request(request) => About::Request(request.request.id),
        SubjectMatter::Buildset(set, _) => About::Buildset(set.buildset.id),
        SubjectMatter::Worker(worker) => About::Worker(worker.worker.id),
    };
    let previous = if settings.want_previous_build { Previous::Usual } else { Previous::None };
    let scope = settings.scope();
    let whole = host.object(&about, previous, &scope)?;
    if whole.len() <= MOST_BYTES || scope.contents == Contents::None {
        return Ok(whole);
    }
    host.log(Level::Warn, "the logs are too long for a push, which goes without what they say", &[]);
    host.object(&about, previous, &Scope { contents: Contents::None, ..scope })
}
