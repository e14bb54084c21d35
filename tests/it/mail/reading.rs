//! A mail as who gets it reads it.

use campanile_sinks::ReceivedMail;
use mail_parser::Address;
use mail_parser::MessageParser;
use mail_parser::MimeHeaders;
use std::fmt::Write;

/// Who, what, the text, and each attachment with what is in it. Names of headers in `more` are told too.
pub(crate) fn read(mail: &ReceivedMail, more: &[&str]) -> String {
    let parsed = MessageParser::default().parse(&mail.data).expect("it is a mail");
    let mut text = String::new();
    for (name, list) in [("From", parsed.from()), ("To", parsed.to()), ("Cc", parsed.cc())] {
        if let Some(list) = list {
            let _ = writeln!(text, "{name}: {}", addresses(list));
        }
    }
    let _ = writeln!(text, "Subject: {}", parsed.subject().unwrap_or_default());
    for name in more {
        let _ = writeln!(text, "{name}: {}", parsed.header_raw(*name).unwrap_or_default().trim());
    }
    let part = parsed.part(parsed.text_body[0]).expect("there is a text");
    let kind = part.content_type().and_then(|kind| kind.subtype()).unwrap_or_default();
    let _ = write!(text, "\n[{kind}]\n{}", part.text_contents().unwrap_or_default().replace("\r\n", "\n"));
    for attachment in parsed.attachments() {
        let name = attachment.attachment_name().unwrap_or_default();
        let _ = write!(text, "[{name}]\n{}", attachment.text_contents().unwrap_or_default());
    }
    text
}

fn addresses(list: &Address<'_>) -> String {
    let shown = list.iter().map(|one| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (_, address) => address.unwrap_or_default().to_owned(),
    });
    shown.collect::<Vec<_>>().join(", ")
}
