//! Subject and body: the default ones, or those of the formatter that the operator chose.

use campanile_sdk::generators::Modes;
use campanile_sdk::message;
use campanile_sdk::prelude::*;

use crate::settings::Settings;
use crate::subject;

/// What a mail says.
pub(crate) struct Content {
    pub(crate) subject: String,
    pub(crate) kind: BodyKind,
    pub(crate) body: String,
}

/// `None` if the formatter has nothing to send.
pub(crate) fn write(
    config: &Config<Settings>,
    report: &BuildReport,
    modes: Modes,
    host: &impl Host,
) -> Result<Option<Content>, Failure> {
    let Some(formatter) = &config.settings.message_formatter else {
        return Ok(Some(default(config, report, modes)));
    };
    let formatted = host.format(formatter.json(), &About::Build(report.build.id), &modes.names())?;
    formatted.map(|formatted| custom(config, report, formatted)).transpose()
}

fn default(config: &Config<Settings>, report: &BuildReport, modes: Modes) -> Content {
    let subject = match &config.settings.subject {
        Some(template) => subject::fill(template, report, &config.title),
        None => message::default_subject(report, &config.title),
    };
    let body = closed(message::plain_body(report, &config.title, modes));
    Content { subject: message::one_line(subject), kind: BodyKind::Plain, body }
}

fn custom(config: &Config<Settings>, report: &BuildReport, formatted: Formatted) -> Result<Content, Failure> {
    if formatted.kind == BodyKind::Json {
        return Err(Failure::GiveUp(String::from("the message formatter gave JSON, which is no body for a mail")));
    }
    let subject = match (formatted.subject, &config.settings.subject) {
        (Some(subject), _) => subject,
        (None, Some(template)) => subject::fill(template, report, &config.title),
        (None, None) => message::fallback_subject(report, &config.title),
    };
    let body = closed(formatted.body);
    Ok(Content { subject: message::one_line(subject), kind: formatted.kind, body })
}

/// Two newlines end the body, as in Buildbot's mails.
fn closed(mut body: String) -> String {
    if !body.ends_with("\n\n") {
        body.push_str("\n\n");
    }
    body
}
