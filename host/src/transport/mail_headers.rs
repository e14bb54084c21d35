//! Headers of a mail besides its addresses and its subject: those that the host writes, and those that were asked for.
//!
//! Each mail says that a program wrote it, and which stream of mails it belongs to; those about one subject stand
//! together in a mail reader. A reporter may say the latter two in its own words, but not what tells mails apart.

use super::fill::Filler;
use super::fill::Place;
use super::mail_encoding;
use super::outcome::Sent;
use crate::model::Mail;
use lettre::message::Mailbox;
use lettre::message::Mailboxes;
use lettre::message::header::HeaderName;
use lettre::message::header::HeaderValue;
use sha2::Digest;
use sha2::Sha256;
use std::fmt::Write;

/// What the host writes itself, or what would contradict it; names that begin with `Content-` too.
const OWN_HEADERS: [&str; 12] = [
    "auto-submitted",
    "bcc",
    "cc",
    "date",
    "from",
    "message-id",
    "mime-version",
    "received",
    "resent-bcc",
    "return-path",
    "subject",
    "to",
];

/// Headers of addresses: in them a name is encoded, or quoted, as a whole. In other headers quotes mean nothing.
const ADDRESSES: [&str; 11] = [
    "disposition-notification-to",
    "errors-to",
    "mail-followup-to",
    "mail-reply-to",
    "reply-to",
    "resent-cc",
    "resent-from",
    "resent-sender",
    "resent-to",
    "return-receipt-to",
    "sender",
];

/// Of the domain of the sender: the names of lists there are ours to give.
const LISTS: &str = "campanile";

/// A label of the domain name system has no more.
const LABEL_CHARS: usize = 63;

/// From where a mail comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    pub(super) reporter: &'a str,
    /// The sender's.
    pub(super) domain: &'a str,
}

/// In the order in which they are written.
pub(super) fn headers<'a>(
    mail: &'a Mail,
    origin: Origin<'_>,
    filler: &mut Filler<'a>,
) -> Result<Vec<HeaderValue>, Sent> {
    let mut headers = vec![("Auto-Submitted".to_owned(), "auto-generated".to_owned())];
    let said = |names: &[&str]| {
        mail.headers.iter().any(|field| names.iter().any(|name| field.name.eq_ignore_ascii_case(name)))
    };
    if !said(&["List-Id"]) {
        headers.push(("List-Id".to_owned(), list(origin)));
    }
    if let Some(thread) = mail.thread.as_ref().filter(|_| !said(&["In-Reply-To", "References"])) {
        let root = root(thread, origin.domain);
        headers.extend(["In-Reply-To", "References"].map(|name| (name.to_owned(), root.clone())));
    }
    for field in &mail.headers {
        let name = field.name.to_ascii_lowercase();
        if OWN_HEADERS.contains(&name.as_str()) || name.starts_with("content-") {
            return Err(Sent::refused(format!("the header {:?} is the host's to write", field.name)));
        }
        headers.push((field.name.clone(), filler.fill(&field.value, Place::Plain).map_err(Sent::failed)?));
    }
    // One without a value says nothing: whoever wants no List-Id says so by an empty one.
    headers.retain(|(_, value)| !value.trim().is_empty());
    headers.into_iter().map(|(name, value)| header(&name, value)).collect()
}

/// From, To or Cc.
pub(super) fn people(name: &'static str, mailboxes: &[Mailbox]) -> HeaderValue {
    let plain = mailboxes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let encoded = mail_encoding::addresses(name, mailboxes);
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), plain, encoded)
}

/// A state text of several lines shall not cost the mail.
pub(super) fn subject(text: &str) -> HeaderValue {
    let line = text.replace(char::is_control, " ");
    let encoded = mail_encoding::text("Subject", line.trim());
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str("Subject"), line, encoded)
}

fn header(name: &str, value: String) -> Result<HeaderValue, Sent> {
    if value.contains(char::is_control) {
        return Err(Sent::refused(format!("the header {name:?} has a control character in it: expected one line")));
    }
    let good = name.bytes().all(|b| b.is_ascii_graphic());
    match HeaderName::new_from_ascii(name.to_owned()) {
        Ok(header) if good => {
            let encoded = encoded(name, value.trim());
            Ok(HeaderValue::dangerous_new_pre_encoded(header, value, encoded))
        }
        _ => Err(Sent::refused(format!("invalid header name {name:?}: expected ASCII letters, digits and '-'"))),
    }
}

/// What is no list of addresses after all is a text.
fn encoded(name: &str, value: &str) -> String {
    let is_ascii = |mailbox: &Mailbox| AsRef::<str>::as_ref(&mailbox.email).is_ascii();
    let mailboxes = ADDRESSES.iter().any(|one| one.eq_ignore_ascii_case(name)).then(|| value.parse::<Mailboxes>());
    match mailboxes.and_then(Result::ok).map(Vec::from_iter) {
        // An address beyond ASCII would go out as it is, whatever the relay takes.
        Some(mailboxes) if !mailboxes.is_empty() && mailboxes.iter().all(is_ascii) => {
            mail_encoding::addresses(name, &mailboxes)
        }
        _ => mail_encoding::text(name, value),
    }
}

/// The mails of one reporter are a list (RFC 2919): `<failures.campanile.example.org>`.
fn list(Origin { reporter, domain }: Origin<'_>) -> String {
    let label = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' };
    let label: String = reporter.chars().take(LABEL_CHARS).map(label).collect();
    let label = label.trim_matches('-');
    let label = if label.is_empty() { "reporter" } else { label };
    format!("<{label}.{LISTS}.{domain}>")
}

/// The mail that all mails of a thread answer. It was never sent: which of them is the first nobody knows when several
/// go out at once, and mail readers need none.
fn root(thread: &str, domain: &str) -> String {
    let hash = Sha256::digest(thread).iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("<thread.{hash}@{domain}>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reporter_has_a_list() {
        let check = |reporter: &str, expected: &str| assert_eq!(list(Origin { reporter, domain: "d.org" }), expected);
        check("failures", "<failures.campanile.d.org>");
        check("All of Größe", "<all-of-gr--e.campanile.d.org>");
        check("ü", "<reporter.campanile.d.org>");
    }

    #[test]
    fn a_thread_has_one_root() {
        let made = root("https://ci/ linux main", "d.org");
        assert_eq!(made, root("https://ci/ linux main", "d.org"));
        assert_ne!(made, root("https://ci/ linux next", "d.org"));
        assert_eq!((made.len(), &made[..8]), ("<thread.@d.org>".len() + 32, "<thread."));
    }
}
