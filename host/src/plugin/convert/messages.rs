//! What reporters and formatters say to each other, and failures.

use crate::model;
use crate::plugin::bindings::wit::effects::BodyKind;
use crate::plugin::bindings::wit::messages as wit;
use crate::plugin::bindings::wit::types::Failure;
use crate::plugin::convert::is_json;
use crate::plugin::convert::signed;

/// The largest text that a formatter may return.
const FORMATTED_BYTES: usize = 1 << 20;
/// The longest address that a lookup may return.
const ADDRESS_BYTES: usize = 1_024;
/// The longest reason of a failure that is kept.
const REASON_CHARS: usize = 2_000;

pub(in crate::plugin) fn about(about: wit::About) -> model::About {
    match about {
        wit::About::Build(id) => model::About::Build(model::BuildId(signed(id))),
        wit::About::BuildInSet(id) => model::About::BuildInSet(model::BuildId(signed(id))),
        wit::About::Buildset(id) => model::About::Buildset(model::BuildsetId(signed(id))),
        wit::About::Request(id) => model::About::Request(model::BuildRequestId(signed(id))),
        wit::About::Worker(id) => model::About::Worker(model::WorkerId(signed(id))),
        wit::About::Other(json) => model::About::Other(json),
    }
}

pub(in crate::plugin) fn build_id(id: u64) -> model::BuildId {
    model::BuildId(signed(id))
}

pub(in crate::plugin) fn grounds(grounds: wit::Grounds) -> model::Grounds {
    model::Grounds { mode: grounds.mode, previous: previous(grounds.previous) }
}

pub(in crate::plugin) fn previous(previous: wit::Previous) -> model::Previous {
    match previous {
        wit::Previous::Usual => model::Previous::Usual,
        wit::Previous::None => model::Previous::None,
        wit::Previous::Build(id) => model::Previous::Build(build_id(id)),
    }
}

/// One for each user.
pub(in crate::plugin) fn addresses(
    found: Vec<Option<String>>,
    users: &[String],
) -> Result<Vec<Option<String>>, String> {
    if found.len() != users.len() {
        return Err(format!("it was asked for {} users and names {} addresses", users.len(), found.len()));
    }
    let long = found.iter().flatten().map(String::len).find(|bytes| *bytes > ADDRESS_BYTES);
    match long {
        Some(bytes) => Err(format!("it names an address of {bytes} bytes, the limit is {ADDRESS_BYTES}")),
        None => Ok(found),
    }
}

pub(in crate::plugin) fn scope(scope: wit::Scope) -> model::Extent {
    let wit::Scope { properties, steps, logs, contents } = scope;
    let contents = match contents {
        wit::Contents::None => model::Contents::None,
        wit::Contents::All => model::Contents::All,
        wit::Contents::Named(names) => model::Contents::Named(names),
    };
    model::Extent { properties, steps, logs, contents }
}

pub(in crate::plugin) fn formatted(formatted: wit::Formatted) -> Result<model::Formatted, String> {
    let extra = formatted.extra.as_deref().unwrap_or_default();
    let size = formatted.body.len() + formatted.subject.as_ref().map_or(0, String::len) + extra.len();
    if size > FORMATTED_BYTES {
        return Err(format!("its text has {size} bytes, the limit is {FORMATTED_BYTES}"));
    }
    let kind = body_kind(formatted.kind);
    if kind == model::BodyKind::Json {
        is_json(&formatted.body).map_err(|e| format!("its text is {e}"))?;
    }
    if let Some(extra) = &formatted.extra {
        is_json(extra).map_err(|e| format!("its `extra` is {e}"))?;
    }
    Ok(model::Formatted { body: formatted.body, kind, subject: formatted.subject, extra: formatted.extra })
}

pub(in crate::plugin) fn formatted_for_reporter(formatted: model::Formatted) -> wit::Formatted {
    wit::Formatted {
        body: formatted.body,
        kind: match formatted.kind {
            model::BodyKind::Plain => BodyKind::Plain,
            model::BodyKind::Html => BodyKind::Html,
            model::BodyKind::Json => BodyKind::Json,
        },
        subject: formatted.subject,
        extra: formatted.extra,
    }
}

pub(in crate::plugin) fn failure(failure: Failure) -> model::Failure {
    let cut = |reason: String| reason.chars().take(REASON_CHARS).collect();
    match failure {
        Failure::Retry(reason) => model::Failure::Retry(cut(reason)),
        Failure::GiveUp(reason) => model::Failure::GiveUp(cut(reason)),
    }
}

pub(in crate::plugin) fn failure_for_reporter(failure: model::Failure) -> Failure {
    match failure {
        model::Failure::Retry(reason) => Failure::Retry(reason),
        model::Failure::GiveUp(reason) => Failure::GiveUp(reason),
    }
}

pub(super) fn body_kind(kind: BodyKind) -> model::BodyKind {
    match kind {
        BodyKind::Plain => model::BodyKind::Plain,
        BodyKind::Html => model::BodyKind::Html,
        BodyKind::Json => model::BodyKind::Json,
    }
}
