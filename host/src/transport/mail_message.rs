//! A mail as it goes over the wire: headers, parts, encodings.
//!
//! Two tries of a delivery are the same mail: Message-ID and Date are the delivery's, the boundary too.
//! Not here: the other headers (`mail_headers`), talking to the relay (`smtp`).

use super::mail_attachment::Part;
use super::mail_attachment::parts;
use super::mail_attachment::share;
use super::mail_headers::Origin;
use super::mail_headers::headers;
use super::mail_headers::people;
use super::mail_headers::subject;
use super::outcome::Sent;
use super::referred::Referred;
use super::smtp_recipients::Besides;
use super::transports::Try;
use crate::model::BodyKind;
use crate::model::Mail;
use crate::model::Millis;
use crate::model::Recipient;
use lettre::Address;
use lettre::Message;
use lettre::address::Envelope;
use lettre::message::Body;
use lettre::message::Mailbox;
use lettre::message::MessageBuilder;
use lettre::message::MultiPart;
use lettre::message::SinglePart;
use lettre::message::header::ContentTransferEncoding;
use lettre::message::header::ContentType;
use lettre::message::header::HeaderValue;
use std::time::Duration;
use std::time::SystemTime;
use url::Host;

/// A mail whose addresses and headers are known to be good.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    builder: MessageBuilder,
    pub(super) sender: Address,
    to: Vec<Mailbox>,
    cc: Vec<Mailbox>,
    /// What stands behind To and Cc.
    headers: Vec<HeaderValue>,
    /// To, Cc and Bcc, each once; of whom an earlier attempt settled, none.
    pub(super) recipients: Vec<Address>,
    pub(super) besides: Besides,
    kind: ContentType,
    body: String,
    parts: Vec<Part<'a>>,
    boundary: String,
    contents: &'a dyn Referred,
}

/// The mail for a certain relay: what stands before its attachments, and what is between and behind them.
pub(super) struct Rendered<'a> {
    pub(super) head: Vec<u8>,
    pub(super) parts: Vec<Part<'a>>,
    pub(super) end: Vec<u8>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(mail: &'a Mail, this: &mut Try<'a>) -> Result<Self, Sent> {
        let outgoing = this.outgoing;
        let sender = mailbox(&mail.sender).map_err(|why| Sent::refused(format!("the sender: {why}")))?;
        let mut dropped = Vec::new();
        let [to, cc, bcc] = [&mail.to, &mail.cc, &mail.bcc].map(|texts| mailboxes(texts, &mut dropped));
        let mut recipients = recipients([&to, &cc, &bcc]);
        let Ok(envelope) = Envelope::new(Some(sender.email.clone()), recipients.clone()) else {
            let why: String = dropped.iter().map(|(_, why)| format!("; {why}")).collect();
            return Err(Sent::refused(format!("the mail has no recipients{why}")));
        };
        let earlier: Vec<Recipient> = outgoing.recipients.iter().filter(|one| one.outcome.is_over()).cloned().collect();
        recipients.retain(|address| {
            let address: &str = address.as_ref();
            earlier.iter().all(|one| one.address != address)
        });
        if recipients.is_empty() {
            return Err(Sent::refused("each of its recipients has it, or was refused"));
        }
        let builder = Message::builder()
            .envelope(envelope)
            .message_id(Some(format!("<{}@{}>", outgoing.uid, sender.email.domain())))
            .date(system_time(outgoing.created_at))
            .from(sender.clone())
            .raw_header(people("From", std::slice::from_ref(&sender)));
        let origin = Origin { reporter: outgoing.reporter, domain: sender.email.domain() };
        let mut all = vec![subject(&mail.subject)];
        all.extend(headers(mail, origin, &mut this.filler)?);
        Ok(Self {
            builder,
            sender: sender.email,
            to,
            cc,
            headers: all,
            recipients,
            besides: Besides { dropped, earlier },
            kind: content_type(mail.kind),
            body: crlf(&mail.body),
            parts: parts(&mail.attachments)?,
            contents: outgoing.contents,
            boundary: format!("campanile-{}", outgoing.uid),
        })
    }

    /// Whether the relay has to take addresses beyond ASCII; also those that only stand in a header.
    pub(super) fn needs_utf8(&self) -> bool {
        let named = self.to.iter().chain(&self.cc).map(|mailbox| &mailbox.email);
        !self.recipients.iter().chain([&self.sender]).chain(named).all(is_ascii)
    }

    /// The mail for a relay that takes no addresses beyond ASCII: to the others, without a word of those.
    pub(super) fn in_ascii(&self) -> Result<Self, Sent> {
        let why = "it has letters beyond ASCII before the @, which the relay does not take";
        if !is_ascii(&self.sender) {
            return Err(Sent::refused(format!("the sender: {}: {why}", self.sender)));
        }
        let mut draft = self.clone();
        let beyond = draft.recipients.extract_if(.., |address| !is_ascii(address));
        draft.besides.dropped.extend(beyond.map(|address| (address.to_string(), why.to_owned())));
        for mailboxes in [&mut draft.to, &mut draft.cc] {
            mailboxes.retain(|mailbox| is_ascii(&mailbox.email));
        }
        if draft.recipients.is_empty() {
            let dropped = draft.besides.dropped.iter().map(|(who, why)| format!("; {who}: {why}"));
            return Err(Sent::refused(format!("the mail has no recipients{}", dropped.collect::<String>())));
        }
        Ok(draft)
    }

    /// The mail, lines ending in CRLF; of the attachments what the relay takes.
    pub(super) async fn render(&self, eight_bit: bool, most_bytes: Option<u64>) -> Result<Rendered<'a>, Sent> {
        let text = SinglePart::builder().header(self.kind.clone()).body(encoded(&self.body, eight_bit));
        let named = [("To", &self.to), ("Cc", &self.cc)].into_iter().filter(|(_, mailboxes)| !mailboxes.is_empty());
        let headers = named.map(|(name, mailboxes)| people(name, mailboxes)).chain(self.headers.iter().cloned());
        let builder = headers.fold(self.builder.clone(), MessageBuilder::raw_header);
        let built = match self.parts.is_empty() {
            true => builder.singlepart(text),
            false => builder.multipart(MultiPart::mixed().boundary(&self.boundary).singlepart(text)),
        };
        let mut head = built.map_err(|e| Sent::refused(format!("building the mail: {e}")))?.formatted();
        let mut parts = self.parts.clone();
        if parts.is_empty() {
            return Ok(Rendered { head, parts, end: Vec::new() });
        }
        // Lettre ends the mail behind the text; the attachments come in between.
        let end = format!("--{}--\r\n", self.boundary).into_bytes();
        head.truncate(head.len() - end.len());
        for part in &mut parts {
            let boundary = format!("--{}\r\n", self.boundary);
            part.header.splice(0..0, boundary.into_bytes());
        }
        let written = (head.len() + end.len()) as u64;
        share(&mut parts, self.contents, (most_bytes, written)).await.map_err(Sent::failed)?;
        Ok(Rendered { head, parts, end })
    }

    pub(super) fn contents(&self) -> &'a dyn Referred {
        self.contents
    }
}

/// As it is where the relay takes eight bits, else in what is shortest.
fn encoded(text: &str, eight_bit: bool) -> Body {
    // NUL may stand in no mail, and lettre takes it for a letter as any other.
    if text.contains('\0') {
        let encoding = ContentTransferEncoding::QuotedPrintable;
        return Body::new_with_encoding(text.to_owned(), encoding).unwrap_or_else(Body::new);
    }
    let as_it_is = (eight_bit && !text.is_ascii())
        // Refused if a line is too long.
        .then(|| Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::EightBit).ok());
    as_it_is.flatten().unwrap_or_else(|| Body::new(text.to_owned()))
}

fn content_type(kind: BodyKind) -> ContentType {
    let name = match kind {
        BodyKind::Plain => return ContentType::TEXT_PLAIN,
        BodyKind::Html => return ContentType::TEXT_HTML,
        BodyKind::Json => "application/json; charset=utf-8",
    };
    ContentType::parse(name).unwrap_or(ContentType::TEXT_PLAIN)
}

/// Those that are addresses. One that is none shall not cost the others their mail.
fn mailboxes(texts: &[String], dropped: &mut Vec<(String, String)>) -> Vec<Mailbox> {
    let mut parsed = |text: &String| mailbox(text).map_err(|why| dropped.push((text.clone(), why))).ok();
    texts.iter().filter_map(&mut parsed).collect()
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    let wrong = || format!("invalid address {text:?}: expected me@example.org or Me <me@example.org>");
    if text.contains(char::is_control) {
        return Err(wrong());
    }
    // A name may be anything (`renovate[bot]`, `Doe, John`); it is encoded where that is needed.
    let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"'), address),
        None => ("", text.trim()),
    };
    let address: Address = address.parse().map_err(|_| wrong())?;
    let name = Some(name.to_owned()).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, ascii_domain(address)))
}

/// The domain as DNS and relays want it.
fn ascii_domain(address: Address) -> Address {
    if address.domain().is_ascii() {
        return address;
    }
    let domain = Host::parse(address.domain()).map(|host| host.to_string());
    domain.ok().and_then(|domain| Address::new(address.user(), domain).ok()).unwrap_or(address)
}

fn is_ascii(address: &Address) -> bool {
    <Address as AsRef<str>>::as_ref(address).is_ascii()
}

fn recipients(lists: [&Vec<Mailbox>; 3]) -> Vec<Address> {
    let mut all: Vec<Address> = Vec::new();
    for mailbox in lists.into_iter().flatten() {
        if !all.contains(&mailbox.email) {
            all.push(mailbox.email.clone());
        }
    }
    all
}

/// All line ends as CRLF. Lettre would do it too, by inserting byte after byte: a log of 20 MB takes it minutes.
fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

fn system_time(at: Millis) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(at.0.max(0).unsigned_abs())
}
