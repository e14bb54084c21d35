//! Mail.

use super::*;
use AttemptOutcome::*;
use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use futures_util::stream::BoxStream;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::copy_bidirectional;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

async fn sink(options: SmtpOptions) -> SmtpSink {
    SmtpSink::start(options).await.unwrap()
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_meant() {
    let sink = sink(SmtpOptions::default()).await;
    let mail = Mail {
        to: vec!["Jürgen <a@example.org>".into(), "b@example.org".into()],
        cc: vec!["a@example.org".into(), "c@bücher.example".into()],
        bcc: vec!["d@example.org".into()],
        subject: "grün\nund gelb".into(),
        body: "zwölf\r\n.\nBoxkämpfer\n".into(),
        headers: vec![field("X-Token", Text::literal("ja")), field("Reply-To", Text::literal("e@example.org"))],
        ..mail(sink.port())
    };
    let sent = House::open().send(Message::Mail(mail)).await;
    check(&sent, Done, "");
    assert_eq!((sent.status, sent.answer.as_str()), (Some(250), "250 2.0.0 kept"));
    let received = &sink.wait_for(1).await[0];
    assert_eq!(received.helo, "ci.example.org");
    assert_eq!(received.from, "ci@example.org");
    assert_eq!(received.recipients, ["a@example.org", "b@example.org", "c@xn--bcher-kva.example", "d@example.org"]);
    let text = received.text();
    for expected in [
        "Message-ID: <0123456789abcdef0123456789abcdef@example.org>\r\n",
        "Date: Fri, 20 Nov 2026 10:00:00 +0000\r\n",
        "From: CI <ci@example.org>\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Reply-To: e@example.org\r\n",
        "Content-Transfer-Encoding: 8bit\r\n",
        "\r\n\r\nzwölf\r\n.\r\nBoxkämpfer\r\n",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert!(text.contains("Subject: =?utf-8?b?") && !text.contains("d@example.org"), "{text}");
}

#[tokio::test]
async fn without_8bitmime_and_pipelining_it_is_the_same_mail() {
    let sink = sink(SmtpOptions { extensions: Vec::new(), ..SmtpOptions::default() }).await;
    let sent =
        House::open().send(Message::Mail(Mail { body: "zwölf Boxkämpfer jagen\n".into(), ..mail(sink.port()) })).await;
    check(&sent, Done, "");
    let text = sink.received()[0].text();
    assert!(text.is_ascii() && text.contains("zw=C3=B6lf Boxk=C3=A4mpfer jagen\r\n"), "{text}");
}

/// Whatever is referred to is this often `line`, of which so much is given as is asked for.
struct Long(usize);

impl Referred for Long {
    fn size<'s>(&'s self, _: &'s Content) -> BoxFuture<'s, Result<u64, String>> {
        std::future::ready(Ok(self.0 as u64 * 5)).boxed()
    }

    fn pieces<'s>(&'s self, _: &'s Content, most: u64) -> BoxStream<'s, Result<Vec<u8>, String>> {
        let most = usize::try_from(most).unwrap();
        let bytes: Vec<u8> = b"line\n".repeat(self.0).into_iter().take(most).collect();
        let pieces: Vec<_> = bytes.chunks(1000).map(|piece| Ok(piece.to_vec())).collect();
        stream::iter(pieces).boxed()
    }
}

/// What is referred to cannot be read to its end.
struct Broken;

impl Referred for Broken {
    fn size<'s>(&'s self, _: &'s Content) -> BoxFuture<'s, Result<u64, String>> {
        std::future::ready(Ok(1)).boxed()
    }

    fn pieces<'s>(&'s self, _: &'s Content, _: u64) -> BoxStream<'s, Result<Vec<u8>, String>> {
        stream::iter([Ok(b"a".to_vec()), Err("the disk failed".to_owned())]).boxed()
    }
}

fn with_attachments(port: u16) -> Message {
    let attachment = |content| Attachment {
        filename: "make.\"stdio\"\r\n".into(),
        content_type: "text/plain; charset=utf-8".into(),
        content,
    };
    let attachments = vec![attachment(Content::Bytes(b"a\nb".to_vec())), attachment(Content::Log(LogId(5)))];
    Message::Mail(Mail { attachments, ..mail(port) })
}

#[tokio::test]
async fn attachments() {
    let sink = sink(SmtpOptions::default()).await;
    let (house, message) = (House::open(), with_attachments(sink.port()));
    check(&house.send_with(message.clone(), &Broken).await, Failed, "reading an attachment: the disk failed");
    check(&house.send_with(message.clone(), &Long(1)).await, Done, "");
    check(&house.send_with(message, &Long(1)).await, Done, "");
    let received = sink.wait_for(2).await;
    let text = received[0].text();
    for expected in ["multipart/mixed", "\r\n\r\nYQpi\r\n", "\r\n\r\nbGluZQo=\r\n", "make.\\\"stdio\\\"__"] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert_eq!(text, received[1].text(), "two tries are the same mail");
}

#[tokio::test]
async fn of_long_attachments_as_much_goes_as_the_relay_takes() {
    let sink = sink(SmtpOptions::default()).await;
    let message = with_attachments(sink.port());
    for takes in [50_000, 500_000] {
        sink.change(|options| options.extensions = vec![format!("SIZE {takes}")]);
        // A house of its own: the session of another was told another size.
        check(&House::open().send_with(message.clone(), &Long(400_000)).await, Done, "");
        let size = sink.received()[sink.count() - 1].data.len();
        assert!(size <= takes && size > takes - 200, "{size} of {takes}");
    }
}

#[tokio::test]
async fn what_is_no_mail_is_refused_before_anything_is_sent() {
    let sink = sink(SmtpOptions::default()).await;
    let base = || mail(sink.port());
    let one = |address: &str| vec![address.to_owned()];
    for (mail, reason) in [
        (Mail { to: Vec::new(), ..base() }, "the mail has no recipients"),
        (Mail { to: one("nobody"), ..base() }, "invalid address \"nobody\""),
        (Mail { to: one("a@example.org, b@example.org"), ..base() }, "invalid address"),
        (Mail { headers: vec![field("From", Text::literal("x@y.z"))], ..base() }, "the header \"From\" is the host's"),
        (Mail { sender: "ci".into(), ..base() }, "the sender: invalid address \"ci\""),
        (Mail { headers: vec![field("Bcc", Text::literal("x@y.z"))], ..base() }, "the header \"Bcc\" is the host's"),
        (Mail { headers: vec![field("X-A", Text::literal("b\r\nBcc: c"))], ..base() }, "control character"),
        (Mail { headers: vec![field("X A", Text::literal("b"))], ..base() }, "invalid header name \"X A\""),
        (Mail { headers: vec![field("X\r\nA", Text::literal("b"))], ..base() }, "invalid header name"),
    ] {
        check(&House::open().send(Message::Mail(mail)).await, Refused, reason);
    }
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn one_connection_serves_many_mails() {
    let sink = sink(SmtpOptions::default()).await;
    let house = House::open();
    for _ in 0..3 {
        check(&house.send(Message::Mail(mail(sink.port()))).await, Done, "");
    }
    assert_eq!((sink.count(), sink.connections()), (3, 1));
    sink.change(|options| options.mails_per_connection = Some(4));
    for _ in 0..3 {
        check(&house.send(Message::Mail(mail(sink.port()))).await, Done, "");
    }
    assert_eq!((sink.count(), sink.connections()), (6, 2));
    sink.change(|options| options.mail = Some(SmtpReply::new(421, "too much")));
    check(&house.send(Message::Mail(mail(sink.port()))).await, Failed, "421 too much");
    assert_eq!(sink.connections(), 3, "421 on an idle connection is tried on a fresh one");
}

#[tokio::test]
async fn a_session_does_not_go_on_forever() {
    let sink = sink(SmtpOptions::default()).await;
    let house = House::open();
    for _ in 0..101 {
        check(&house.send(Message::Mail(mail(sink.port()))).await, Done, "");
    }
    assert_eq!((sink.count(), sink.connections()), (101, 2));
}

#[tokio::test]
async fn without_a_name_a_relay_is_told_the_address_of_the_connection() {
    let sink = sink(SmtpOptions::default()).await;
    let guard = Guard::parse(&["127.0.0.0/8".to_owned()]).unwrap();
    let house = House { transports: Transports::new(Setup { guard, ..Setup::default() }).unwrap(), ..House::open() };
    check(&house.send(Message::Mail(mail(sink.port()))).await, Done, "");
    assert_eq!(sink.received()[0].helo, "[127.0.0.1]");
}

#[tokio::test]
async fn recipients_are_judged_one_by_one() {
    let mut options = SmtpOptions::default();
    options.recipients.insert("gone@example.org".into(), SmtpReply::new(550, "no such user"));
    options.recipients.insert("full@example.org".into(), SmtpReply::new(452, "mailbox full"));
    let sink = sink(options).await;
    let house = House::open();
    let to = |to: &[&str]| {
        let to = to.iter().map(|name| format!("{name}@example.org")).collect();
        house.send(Message::Mail(Mail { to, ..mail(sink.port()) }))
    };
    let partly = to(&["a", "gone", "full"]).await;
    check(&partly, Partly, "refused for gone@example.org: 550 no such user; put off for full@example.org: 452");
    assert_eq!((partly.status, partly.recipients.len()), (Some(250), 3));
    check(&to(&["a", "gone"]).await, Done, "refused for gone@example.org: 550 no such user");
    check(&to(&["gone"]).await, Refused, "refused for gone@example.org: 550 no such user");
    check(&to(&["full"]).await, Failed, "452 mailbox full");
    let mixed = to(&["gone", "full"]).await;
    check(&mixed, Failed, "550 no such user");
    assert_eq!((mixed.status, sink.count()), (Some(452), 2));
    assert_eq!(sink.connections(), 1, "a mail to nobody is taken back");
}

#[tokio::test]
async fn what_was_said_of_recipients_counts_when_the_session_breaks_then() {
    for pipelining in [vec!["PIPELINING".to_owned()], Vec::new()] {
        let mut options = SmtpOptions { extensions: pipelining, most_refused: Some(2), ..SmtpOptions::default() };
        for name in ["x", "y", "z"] {
            options.recipients.insert(format!("{name}@example.org"), SmtpReply::new(550, "no such user"));
        }
        let sink = sink(options).await;
        let to = ["x", "a", "y", "z", "b"].map(|name| format!("{name}@example.org")).to_vec();
        let sent = House::open().send(Message::Mail(Mail { to, ..mail(sink.port()) })).await;
        check(&sent, Failed, "RCPT TO: ");
        check(&sent, Failed, "refused for y@example.org: 550 no such user; put off for z@example.org: 421");
        let known: Vec<String> =
            sent.recipients.iter().map(|one| format!("{} {}", &one.address[..1], one.outcome.name())).collect();
        assert_eq!(known, ["x refused", "a deferred", "y refused", "z deferred", "b deferred"]);
        assert_eq!((sent.status, sink.count()), (Some(421), 0));
    }
}

#[tokio::test]
async fn answers_of_the_relay() {
    let sink = sink(SmtpOptions::default()).await;
    let house = House::open();
    for (mail_answer, data_answer, outcome) in [
        (Some(550), None, Refused),
        (Some(451), None, Failed),
        (Some(530), None, Failed),
        (None, Some(554), Refused),
        (None, Some(452), Failed),
    ] {
        let reply = |code: Option<u16>| code.map(|code| SmtpReply::new(code, "no"));
        sink.change(|options| (options.mail, options.data) = (reply(mail_answer), reply(data_answer)));
        let sent = house.send(Message::Mail(mail(sink.port()))).await;
        check(&sent, outcome, "the mail was not taken: ");
        assert_eq!(sent.status, mail_answer.or(data_answer));
    }
}

#[tokio::test]
async fn only_after_the_last_byte_the_outcome_is_unknown() {
    let house = House::open();
    for (fault, outcome, reason) in [
        (SmtpFault::StallAtConnect, Failed, "the greeting: the answer took longer than 0.3 s"),
        (SmtpFault::StallAfterData, Unknown, "the end of the mail: the answer to the mail took longer than 1.5 s"),
        (SmtpFault::DropAfterData, Unknown, "the end of the mail: "),
    ] {
        let sink = sink(SmtpOptions { fault, ..SmtpOptions::default() }).await;
        let began = Instant::now();
        check(&house.send(Message::Mail(mail(sink.port()))).await, outcome, reason);
        assert!(began.elapsed() < Duration::from_secs(3));
    }
    let sink = sink(SmtpOptions { fault: SmtpFault::DropInData, ..SmtpOptions::default() }).await;
    let big = Mail { body: format!("{}\n", "x".repeat(75)).repeat(100_000), ..mail(sink.port()) };
    check(&house.send(Message::Mail(big)).await, Failed, "the mail: ");
    let closed = mail(1);
    check(&house.send(Message::Mail(closed)).await, Failed, "connecting to 127.0.0.1 at 127.0.0.1:1: ");
}

#[tokio::test]
async fn a_relay_may_look_at_a_mail_for_longer_than_the_rest_may_take() {
    let sink = sink(SmtpOptions { data_delay: Duration::from_millis(1000), ..SmtpOptions::default() }).await;
    check(&House::open().send(Message::Mail(mail(sink.port()))).await, Done, "");
}

#[tokio::test]
async fn a_mail_that_goes_slowly_has_not_arrived() {
    let sink = sink(SmtpOptions { fault: SmtpFault::StallInData, ..SmtpOptions::default() }).await;
    let big = Mail { body: format!("{}\n", "x".repeat(75)).repeat(100_000), ..mail(sink.port()) };
    check(&House::open().send(Message::Mail(big)).await, Failed, "the mail: a piece took longer than 0.3 s");
}

#[tokio::test]
async fn tls_and_login() {
    let certificate = certificate();
    let login = Some(Credentials { user: Text::literal("me"), password: token("") });
    let expected = Some(("me".to_owned(), "t0p \"s3cret\"".to_owned()));
    for (tls, security) in [
        (SmtpTls::Starttls(certificate.clone()), SmtpSecurity::Starttls),
        (SmtpTls::Implicit(certificate.clone()), SmtpSecurity::Smtps),
    ] {
        let options = SmtpOptions { tls, login: expected.clone(), login_required: true, ..SmtpOptions::default() };
        let sink = sink(options).await;
        let relay = |host: &str, login| SmtpRelay { host: host.into(), port: sink.port(), security, login };
        let mail = |host, login| Message::Mail(Mail { relay: relay(host, login), ..mail(0) });
        let house = House::new(&["127.0.0.0/8", "::1"], Some(&certificate));
        for host in ["localhost", "127.0.0.1"] {
            check(&house.send(mail(host, login.clone())).await, Done, "");
        }
        check(&house.send(mail("localhost", None)).await, Failed, "530 5.7.0 authentication required");
        let wrong = Some(Credentials { user: Text::literal("me"), password: Text::literal("x") });
        check(&house.send(mail("localhost", wrong)).await, Failed, "AUTH: 535");
        let received = &sink.received()[0];
        assert_eq!((received.tls, received.login.as_deref()), (true, Some("me")));
        let distrustful = House::open();
        check(&distrustful.send(mail("localhost", None)).await, Failed, "TLS with localhost: invalid peer certificate");
    }
}

#[tokio::test]
async fn logins_do_not_share_connections_and_secrets_are_read_again() {
    let login = Some(("me".to_owned(), "t0p \"s3cret\"".to_owned()));
    let sink = sink(SmtpOptions { login, ..SmtpOptions::default() }).await;
    let house = House::open();
    let with_login = |login| {
        let mut mail = mail(sink.port());
        mail.relay.login = login;
        Message::Mail(mail)
    };
    let me = |password| Some(Credentials { user: Text::literal("me"), password });
    check(&house.send(with_login(me(token("")))).await, Done, "");
    check(&house.send(with_login(None)).await, Done, "");
    assert_eq!(sink.received()[1].login, None);
    std::fs::write(house.directory.path().join("token"), "new").unwrap();
    check(&house.send(with_login(me(token("")))).await, Failed, "AUTH: 535");
    let gone = Text(vec![Part::Secret(SecretName("gone".into()))]);
    check(&house.send(with_login(me(gone))).await, Failed, "secret \"gone\": No such file");
    let none = sink_without_login(&house).await;
    check(&none, Failed, "neither AUTH PLAIN nor AUTH LOGIN");
}

async fn sink_without_login(house: &House) -> Sent {
    let sink = sink(SmtpOptions::default()).await;
    let mut mail = mail(sink.port());
    mail.relay.login = Some(Credentials { user: Text::literal("me"), password: token("") });
    house.send(Message::Mail(mail)).await
}

#[tokio::test]
async fn starttls_is_never_left_out() {
    let sink = sink(SmtpOptions::default()).await;
    let mut mail = mail(sink.port());
    mail.relay.security = SmtpSecurity::Starttls;
    check(&House::open().send(Message::Mail(mail)).await, Failed, "the relay offers no STARTTLS");
    assert_eq!(sink.count(), 0);
}

#[tokio::test]
async fn what_was_injected_before_starttls_is_not_believed() {
    let certificate = certificate();
    let options = SmtpOptions { tls: SmtpTls::Starttls(certificate.clone()), ..SmtpOptions::default() };
    let (sink, house) = (sink(options).await, House::new(&["127.0.0.0/8"], Some(&certificate)));
    let forged = "250-x\r\n250 AUTH PLAIN\r\n";
    for (after_hello, instead_of_go) in
        [(String::new(), format!("220 go\r\n{forged}")), (format!("220 go\r\n{forged}"), String::new())]
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut mail = mail(listener.local_addr().unwrap().port());
        mail.relay.security = SmtpSecurity::Starttls;
        let attacker = attack(listener, sink.port(), &after_hello, &instead_of_go);
        let ((), sent) = tokio::join!(attacker, house.send(Message::Mail(mail)));
        check(&sent, Failed, "TLS with 127.0.0.1: ");
    }
    assert_eq!(sink.count(), 0);
}

/// Stands between, and changes what is said in clear.
async fn attack(listener: TcpListener, to: u16, after_hello: &str, instead_of_go: &str) {
    let (mut client, _) = listener.accept().await.unwrap();
    let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
    let mut buffer = [0; 4096];
    let read = server.read(&mut buffer).await.unwrap();
    client.write_all(&buffer[..read]).await.unwrap();
    for (keep, add) in [(true, after_hello), (false, instead_of_go)] {
        let read = client.read(&mut buffer).await.unwrap();
        if read == 0 {
            // It saw what was too much, and hung up.
            return;
        }
        server.write_all(&buffer[..read]).await.unwrap();
        let read = server.read(&mut buffer).await.unwrap();
        let kept = if keep { &buffer[..read] } else { &[] };
        client.write_all(&[kept, add.as_bytes()].concat()).await.unwrap();
    }
    // However it ends.
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

#[tokio::test]
async fn loopback_is_closed_unless_it_was_opened() {
    let sink = sink(SmtpOptions::default()).await;
    let house = House::new(&[], None);
    let remedy = format!("put allow = [\"127.0.0.1:{}\"] under [network]", sink.port());
    check(&house.send(Message::Mail(mail(sink.port()))).await, Refused, &remedy);
    let house = House::new(&[&format!("127.0.0.1:{}", sink.port())], None);
    check(&house.send(Message::Mail(mail(sink.port()))).await, Done, "");
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn an_odd_name_or_address_costs_nobody_else_the_mail() {
    let sink = sink(SmtpOptions::default()).await;
    let to = ["renovate[bot] <bot@example.org>", "Doe, John <john@example.org>", "nonsense"];
    let mail = Mail { to: to.map(str::to_owned).to_vec(), cc: Vec::new(), bcc: Vec::new(), ..mail(sink.port()) };
    let mail = Mail { cc: vec!["a@example.org\r\nDATA".into()], bcc: vec!["<a@example.org> x".into()], ..mail };
    let sent = House::open().send(Message::Mail(mail)).await;
    check(&sent, Done, "invalid address \"nonsense\"");
    let received = &sink.wait_for(1).await[0];
    assert_eq!(received.recipients, ["bot@example.org", "john@example.org"]);
}

#[tokio::test]
async fn an_address_that_the_relay_cannot_take_costs_nobody_else_the_mail() {
    let sink = sink(SmtpOptions { extensions: vec!["8BITMIME".to_owned()], ..SmtpOptions::default() }).await;
    let to = |to: &[&str]| Mail { to: to.iter().map(|&to| to.to_owned()).collect(), ..mail(sink.port()) };
    let both = Mail { cc: vec!["Änne <änne@example.org>".into()], ..to(&["jürgen@example.org", "b@example.org"]) };
    let sent = House::open().send(Message::Mail(both.clone())).await;
    check(&sent, Done, "refused for jürgen@example.org: it has letters beyond ASCII before the @");
    assert_eq!(sent.recipients.len(), 3);
    let received = &sink.wait_for(1).await[0];
    assert_eq!(received.recipients, ["b@example.org"]);
    let text = received.text();
    assert!(text.is_ascii() && text.contains("To: b@example.org\r\n") && !text.contains("Cc:"), "{text}");
    let none = House::open().send(Message::Mail(to(&["jürgen@example.org"]))).await;
    check(&none, Refused, "the mail has no recipients; jürgen@example.org: it has letters beyond ASCII");
    let odd = Mail { sender: "bücher@example.org".into(), ..to(&["b@example.org"]) };
    let from = House::open().send(Message::Mail(odd)).await;
    check(&from, Refused, "the sender: bücher@example.org: it has letters beyond ASCII before the @");
    assert_eq!(sink.count(), 1);
    sink.change(|options| options.extensions.push("SMTPUTF8".to_owned()));
    check(&House::open().send(Message::Mail(both)).await, Done, "");
    assert_eq!(sink.received()[1].recipients, ["jürgen@example.org", "b@example.org", "änne@example.org"]);
}
