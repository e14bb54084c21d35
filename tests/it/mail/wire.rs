//! Mails as they go over the wire, whatever stands in them: read by Python's parser.

use campanile::model::*;
use campanile::transport::*;
use campanile_sinks::ReceivedMail;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::SecondOpinion;

fn base(port: u16) -> Mail {
    Mail {
        relay: SmtpRelay { host: "127.0.0.1".into(), port, security: SmtpSecurity::Plain, login: None },
        sender: "CI <ci@example.org>".into(),
        to: vec!["a@example.org".into()],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "build 7 failed".into(),
        kind: BodyKind::Plain,
        body: "It failed.\n\n".into(),
        thread: Some("linux main".into()),
        headers: Vec::new(),
        attachments: Vec::new(),
    }
}

/// The mails as they came, in order.
async fn sent(options: SmtpOptions, reporter: &str, mails: impl FnOnce(u16) -> Vec<Mail>) -> Vec<ReceivedMail> {
    let sink = SmtpSink::start(options).await.expect("a server");
    let guard = Guard::new(["127.0.0.0/8".parse().expect("an opening")]);
    let transports = Transports::new(Setup { guard, ..Setup::default() }).expect("transports");
    for mail in mails(sink.port()) {
        let message = Message::Mail(mail);
        let allow = [Destination::of(&message).expect("a destination").to_string()];
        let grants = Grants::new(&[], false, &allow).expect("grants");
        let now = Millis(1_795_168_800_000);
        let (uid, contents, recipients) = ("0123456789abcdef0123456789abcdef", &(), &[]);
        let outgoing = Outgoing { uid, reporter, created_at: now, now, contents, recipients };
        let sent = transports.send(&grants.permit(&message).expect("it is granted"), &outgoing).await;
        assert_eq!(sent.outcome, AttemptOutcome::Done, "{sent:?}");
    }
    sink.received()
}

/// A relay with the usual extensions, and one without any.
fn relays() -> [SmtpOptions; 2] {
    [SmtpOptions::default(), SmtpOptions { extensions: Vec::new(), ..SmtpOptions::default() }]
}

#[tokio::test]
async fn subjects_are_read_as_they_were_written() {
    let subjects = [
        "a".to_owned(),
        "☠ Buildbot (Größe): linux - failed compile (main)".to_owned(),
        "x".repeat(3000),
        "ü".repeat(1000),
        "linux failed to compile ".repeat(80) + "at last",
        "grün und gelb, 日本語 🔔 ".repeat(40) + "Ende",
        "not =?utf-8?q?encoded?= here".to_owned(),
        "a  b   c".to_owned(),
        "double  spaced   words  ".repeat(100) + "end",
        format!("a{}b", " ".repeat(2000)),
    ];
    for relay in relays() {
        let mails = |port| subjects.iter().map(|subject| Mail { subject: subject.clone(), ..base(port) }).collect();
        let mails = sent(relay, "all", mails).await;
        for (opinion, subject) in SecondOpinion::of(&mails).iter().zip(&subjects) {
            assert_eq!(opinion.header("subject"), subject);
        }
    }
}

#[tokio::test]
async fn bodies_are_read_as_they_were_written() {
    let bodies = [
        "",
        "one line without an end",
        "zwölf Boxkämpfer\n.\n..\n.x\nEnde\n",
        "From here\n\n\tand on \n  = not encoded =3D\n",
        "\u{1b}[31mred\u{1b}[0m\nnull \0 byte\n",
        "日本語\n🔔\n",
    ];
    let mut bodies: Vec<String> = bodies.map(str::to_owned).to_vec();
    bodies.extend(["x".repeat(5000) + "\n", "ü".repeat(5000) + "\n", "long lines\n".repeat(20_000)]);
    for relay in relays() {
        for kind in [BodyKind::Plain, BodyKind::Html] {
            let mails = |port| bodies.iter().map(|body| Mail { body: body.clone(), kind, ..base(port) }).collect();
            let mails = sent(relay.clone(), "all", mails).await;
            for (opinion, body) in SecondOpinion::of(&mails).iter().zip(&bodies) {
                assert_eq!(opinion.body.replace("\r\n", "\n").trim_end(), body.trim_end());
                assert_eq!(opinion.kind, if kind == BodyKind::Plain { "text/plain" } else { "text/html" });
            }
        }
    }
}

#[tokio::test]
async fn names_headers_and_file_names_are_read_as_they_were_written() {
    let files = ["make.stdio", "Größe \"x\".log", "a;b=c.txt", "🔔.log", "it's 100%.log", &"lang-ü-".repeat(60)];
    let names = ["Doe, John", "renovate[bot]", "Jürgen Größe", "a \"b\" c", "🔔 bell", &"very long name ".repeat(20)];
    let words = "word ".repeat(400);
    let values = ["plain", "Größe", words.trim(), &"ü".repeat(600), &"x".repeat(600)];
    let attachment = |name: &&str| Attachment {
        filename: (*name).to_owned(),
        content_type: "text/plain; charset=utf-8".into(),
        content: Content::Bytes("zwölf\n".into()),
    };
    let field = |(index, value): (usize, &&str)| Field { name: format!("X-{index}"), value: Text::literal(*value) };
    let to: Vec<String> =
        names.iter().enumerate().map(|(index, name)| format!("{name} <a{index}@b.example>")).collect();
    for relay in relays() {
        let mails = |port| {
            let cc = (0..300).map(|index| format!("someone.number.{index}@example.org")).collect();
            let headers = values.iter().enumerate().map(field).collect();
            let attachments = files.iter().map(attachment).collect();
            vec![Mail { to: to.clone(), cc, headers, attachments, ..base(port) }]
        };
        let mails = sent(relay, "Größe, all of \"it\"", mails).await;
        let opinion = &SecondOpinion::of(&mails)[0];
        for (index, value) in values.iter().enumerate() {
            assert_eq!(opinion.header(&format!("X-{index}")), *value);
        }
        assert_eq!(opinion.header("list-id"), "<gr--e--all-of--it.campanile.example.org>");
        for (index, name) in names.iter().enumerate() {
            let address = format!("<a{index}@b.example>");
            let shown = opinion.header("to").split(&address).next().expect("a part");
            let bare = |text: &str| text.replace(['"', '\\', ' '], "");
            assert!(bare(shown).ends_with(&bare(name)), "{name} is not in {}", opinion.header("to"));
        }
        assert_eq!(opinion.header("cc").matches('@').count(), 300);
        let found: Vec<&str> = opinion.attachments.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(found, files);
        assert!(opinion.attachments.iter().all(|(_, kind, content)| kind == "text/plain" && content == "zwölf\n"));
    }
}

#[tokio::test]
async fn addresses_in_headers_that_were_asked_for_are_read_as_they_were_written() {
    let many = (0..100).map(|index| format!("someone.number.{index}@example.org")).collect::<Vec<_>>().join(", ");
    let headers = [
        ("Reply-To", "\"Jürgen Klein\" <j@example.org>", "Jürgen Klein <j@example.org>"),
        ("Reply-To", "Jürgen Klein <j@example.org>, k@example.org", "Jürgen Klein <j@example.org>, k@example.org"),
        ("reply-to", "\"Klein, Jürgen\" <j@example.org>", "\"Klein, Jürgen\" <j@example.org>"),
        ("Sender", "\"Doe, \\\"John\\\"\" <d@example.org>", "\"Doe, \\\"John\\\"\" <d@example.org>"),
        ("Errors-To", "<e@example.org>", "e@example.org"),
        ("Reply-To", &many, &many),
        ("X-Reply-To", "\"Größe\"  x", "\"Größe\"  x"),
    ];
    let field = |(name, value): (&str, &str)| Field { name: name.into(), value: Text::literal(value) };
    for relay in relays() {
        let mail = |port| {
            headers.iter().map(move |(name, value, _)| Mail { headers: vec![field((name, value))], ..base(port) })
        };
        let mails = sent(relay, "all", |port| mail(port).collect()).await;
        for (opinion, (name, _, read)) in SecondOpinion::of(&mails).iter().zip(&headers) {
            assert_eq!(opinion.header(name), *read);
        }
    }
}

#[tokio::test]
async fn a_reporter_may_name_another_list_and_thread_or_none() {
    let field = |name: &str, value: &str| Field { name: name.into(), value: Text::literal(value) };
    let mails = |port| {
        let mine = vec![field("list-id", "Bells <bells.example.org>"), field("References", "<mine@example.org>")];
        let none = vec![field("List-Id", ""), field("X-Empty", " ")];
        vec![base(port), Mail { headers: mine, ..base(port) }, Mail { headers: none, thread: None, ..base(port) }]
    };
    let mails = sent(SmtpOptions::default(), "all", mails).await;
    let opinions = SecondOpinion::of(&mails[..2]);
    let shown = |opinion: &SecondOpinion| {
        ["List-Id", "In-Reply-To", "References", "Auto-Submitted"].map(|name| opinion.header(name).to_owned())
    };
    let root = "<thread.d5381476a4f77a159ac655f509899295@example.org>";
    assert_eq!(shown(&opinions[0]), ["<all.campanile.example.org>", root, root, "auto-generated"]);
    assert_eq!(shown(&opinions[1]), ["Bells <bells.example.org>", "", "<mine@example.org>", "auto-generated"]);
    let text = mails[2].text().to_ascii_lowercase();
    assert!(!["list-id", "x-empty", "references"].iter().any(|name| text.contains(name)), "{text}");
}
