//! What a mail says, and what comes with it.

use campanile_sdk::contract::Attachment;
use campanile_sdk::contract::Content;
use campanile_sdk::generators::Report;
use campanile_sdk::generators::ReportLog;
use campanile_sdk::message;
use campanile_sdk::prelude::*;

/// Subject, kind and body.
pub(crate) fn text(report: &mut Report<'_>, title: &str) -> (String, BodyKind, String) {
    let subject = report.subject.take();
    let subject = subject.unwrap_or_else(|| message::fallback_subject(report.results, report.builder(), title));
    let body = closed(report.body.take().unwrap_or_default());
    let (kind, body) = match report.kind {
        BodyKind::Json => (BodyKind::Plain, ["The message formatter made JSON, not a text:\n\n", &body].concat()),
        kind @ (BodyKind::Plain | BodyKind::Html) => (kind, body),
    };
    (message::one_line(subject), kind, body)
}

/// Two newlines end the body, as in Buildbot's mails.
fn closed(mut body: String) -> String {
    if !body.ends_with("\n\n") {
        body.push_str("\n\n");
    }
    body
}

/// The patches, and then the logs, by reference.
pub(crate) fn attachments(report: &Report<'_>) -> Vec<Attachment> {
    let patches = report.patches.iter().enumerate();
    let patches = patches.map(|(index, patch)| attachment(format!("source patch {index}"), Content::Patch(patch.id)));
    let several = report.builds().len() > 1;
    let logs = report.logs.iter().map(|ReportLog { builder, step, log }| {
        let name = [*step, ".", &log.name].concat();
        let name = if several { [*builder, ".", &name].concat() } else { name };
        attachment(name, Content::Log(log.id))
    });
    patches.chain(logs).collect()
}

fn attachment(filename: String, content: Content) -> Attachment {
    Attachment { filename, content_type: String::from("text/plain; charset=utf-8"), content }
}
