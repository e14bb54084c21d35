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
/// The largest message of a review: what Gerrit takes unless it is told otherwise.
const VERDICT_BYTES: usize = 16 << 10;
/// A review has no more labels.
const MOST_LABELS: usize = 32;
/// The longest name of a label.
const LABEL_BYTES: usize = 64;
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
    let previous = match grounds.previous {
        wit::Previous::Usual => model::Previous::Usual,
        wit::Previous::None => model::Previous::None,
        wit::Previous::Build(id) => model::Previous::Build(build_id(id)),
    };
    model::Grounds { mode: grounds.mode, previous }
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

pub(in crate::plugin) fn moment(moment: wit::Moment) -> model::Moment {
    match moment {
        wit::Moment::Start => model::Moment::Start,
        wit::Moment::End => model::Moment::End,
        wit::Moment::Summary => model::Moment::Summary,
    }
}

pub(in crate::plugin) fn moment_for_guest(moment: model::Moment) -> wit::Moment {
    match moment {
        model::Moment::Start => wit::Moment::Start,
        model::Moment::End => wit::Moment::End,
        model::Moment::Summary => wit::Moment::Summary,
    }
}

pub(in crate::plugin) fn review(answer: wit::Answer) -> Result<model::Review, String> {
    match answer {
        wit::Answer::Default => Ok(model::Review::Default),
        wit::Answer::Nothing => Ok(model::Review::Nothing),
        wit::Answer::Say(wit::Verdict { message, labels }) => {
            let size = message.len();
            if size > VERDICT_BYTES {
                return Err(format!("its message has {size} bytes, the limit is {VERDICT_BYTES}"));
            }
            check_labels(labels.as_deref().unwrap_or_default())?;
            Ok(model::Review::Say(model::Verdict { message, labels }))
        }
    }
}

pub(in crate::plugin) fn review_for_reporter(review: model::Review) -> wit::Answer {
    match review {
        model::Review::Default => wit::Answer::Default,
        model::Review::Nothing => wit::Answer::Nothing,
        model::Review::Say(model::Verdict { message, labels }) => wit::Answer::Say(wit::Verdict { message, labels }),
    }
}

/// What Gerrit takes for labels: a name of letters, digits and `-`, each once, and a vote that fits into 16 bits.
fn check_labels(labels: &[(String, i32)]) -> Result<(), String> {
    if labels.len() > MOST_LABELS {
        return Err(format!("it votes on {} labels, the limit is {MOST_LABELS}", labels.len()));
    }
    for (i, (name, vote)) in labels.iter().enumerate() {
        let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        let fits = name.len() <= LABEL_BYTES && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !starts || !fits {
            let shown: String = name.chars().take(LABEL_BYTES).collect();
            return Err(format!("{shown:?} is no name of a label: letters, digits and `-`, at most {LABEL_BYTES}"));
        }
        if i16::try_from(*vote).is_err() {
            return Err(format!("its vote {vote} on {name} is none that can be given"));
        }
        if labels[..i].iter().any(|(other, _)| other == name) {
            return Err(format!("it votes twice on {name}"));
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &str, labels: &[(&str, i32)]) -> Result<model::Review, String> {
        let labels = labels.iter().map(|(name, vote)| ((*name).to_owned(), *vote)).collect();
        review(wit::Answer::Say(wit::Verdict { message: message.to_owned(), labels: Some(labels) }))
    }

    #[test]
    fn reviews_that_no_server_would_take_are_refused() {
        let check = |said: Result<model::Review, String>, reason: &str| {
            let refused = said.expect_err("it is refused");
            assert!(refused.contains(reason), "{refused}");
        };
        assert!(said("fine", &[("Verified", -1), ("Code-Review", 2)]).is_ok());
        check(said(&"x".repeat(16_385), &[]), "its message has 16385 bytes, the limit is 16384");
        for name in ["", "-x", "--abandon", "Ver ified", "V=1", "Prüfung", "a\nb", "a'b", &"x".repeat(65)] {
            check(said("m", &[(name, 1)]), "is no name of a label: letters, digits and `-`, at most 64");
        }
        check(said("m", &[("Verified", 32_768)]), "its vote 32768 on Verified is none that can be given");
        check(said("m", &[("Verified", 1), ("Verified", -1)]), "it votes twice on Verified");
        let many: Vec<String> = (0..200).map(|i| format!("L{i}")).collect();
        let many: Vec<(&str, i32)> = many.iter().map(|name| (name.as_str(), 1)).collect();
        check(said("m", &many), "it votes on 200 labels, the limit is 32");
    }
}
