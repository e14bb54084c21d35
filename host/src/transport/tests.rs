//! The transports against servers on loopback, well behaved and not.

mod http;
mod http_login;
mod http_tls;
mod redaction;
mod smtp;

use super::*;
use crate::model::*;
use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_sinks::HttpSink;
use campanile_sinks::ServerCertificate;
use campanile_sinks::SmtpFault;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpReply;
use campanile_sinks::SmtpSink;
use campanile_sinks::SmtpTls;
use std::time::Duration;
use std::time::Instant;

const UID: &str = "0123456789abcdef0123456789abcdef";

/// 2026-11-20T10:00:00Z
const NOW: Millis = Millis(1_795_168_800_000);

const OUTGOING: Outgoing<'static> =
    Outgoing { uid: UID, reporter: "failures", created_at: NOW, now: NOW, contents: &(), recipients: &[] };

/// Transports that reach loopback, with short deadlines; the directory has the secrets.
struct House {
    transports: Transports,
    directory: tempfile::TempDir,
}

impl House {
    fn new(allow: &[&str], certificate: Option<&ServerCertificate>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("token"), "t0p \"s3cret\"\n").unwrap();
        let extra_ca = certificate.map(|certificate| {
            let path = directory.path().join("ca.pem");
            std::fs::write(&path, &certificate.certificate_pem).unwrap();
            path
        });
        let second = Duration::from_secs(1);
        let deadlines = Deadlines {
            answer: Duration::from_millis(300),
            whole: Duration::from_millis(900),
            lookup: second,
            connect: second,
            tls: second,
            mail: MailDeadlines {
                piece: Duration::from_millis(300),
                whole: Duration::from_millis(900),
                last: Duration::from_millis(1500),
            },
            ssh: SshDeadlines { handshake: second, login: second, command: second, channel: second, whole: second },
        };
        let setup = Setup {
            chat_times: ChatTimes::USUAL,
            guard: Guard::parse(&allow.iter().map(|&s| s.to_owned()).collect::<Vec<_>>()).unwrap(),
            secrets: Secrets::new(Some(directory.path().into())),
            trust: Trust { extra_ca },
            hello: Hello::parse("ci.example.org").unwrap(),
            ssh: SshSetup::default(),
            deadlines,
        };
        Self { transports: Transports::new(setup).unwrap(), directory }
    }

    fn open() -> Self {
        Self::new(&["127.0.0.0/8"], None)
    }

    async fn send(&self, message: Message) -> Sent {
        self.send_with(message, &()).await
    }

    /// With what marked settings grant besides.
    async fn send_granted(&self, message: Message, marks: &[Mark]) -> Sent {
        let allow = [Destination::of(&message).unwrap().to_string(), "secret:token".to_owned()];
        let grants = Grants::new(marks, false, &allow).unwrap();
        self.transports.send(&grants.permit(&message).unwrap(), &OUTGOING).await
    }

    async fn send_with(&self, message: Message, contents: &dyn Referred) -> Sent {
        let allow =
            [Destination::of(&message).unwrap().to_string(), "secret:token".to_owned(), "secret:gone".to_owned()];
        let grants = Grants::new(&[], false, &allow).unwrap();
        let outgoing = Outgoing { contents, ..OUTGOING };
        self.transports.send(&grants.permit(&message).unwrap(), &outgoing).await
    }
}

fn mail(port: u16) -> Mail {
    Mail {
        relay: SmtpRelay { host: "127.0.0.1".into(), port, security: SmtpSecurity::Plain, login: None },
        sender: "CI <ci@example.org>".into(),
        to: vec!["a@example.org".into()],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "build 7 failed".into(),
        kind: BodyKind::Plain,
        body: "It failed.\n".into(),
        thread: None,
        headers: Vec::new(),
        attachments: Vec::new(),
    }
}

fn request(url: String) -> HttpRequest {
    HttpRequest::new("POST", Text::literal(url))
}

fn token(before: &str) -> Text {
    Text(vec![Part::Literal(before.into()), Part::Secret(SecretName("token".into()))])
}

fn field(name: &str, value: Text) -> Field {
    Field { name: name.into(), value }
}

fn certificate() -> ServerCertificate {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    ServerCertificate { certificate_pem: made.cert.pem(), key_pem: made.signing_key.serialize_pem() }
}

#[track_caller]
fn check(sent: &Sent, outcome: AttemptOutcome, reason: &str) {
    let said = sent.reason.as_deref().unwrap_or("");
    assert_eq!(sent.outcome, outcome, "{sent:?}");
    assert!(said.contains(reason) && (said.is_empty() == reason.is_empty()), "{said:?} has no {reason:?}");
}
