//! Mail to a server that is not ours: Debian's postfix, in the clear, by STARTTLS with a login, and by TLS.

use campanile::model::*;
use campanile::transport::*;
use campanile_tests::Greylist;
use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use campanile_tests::finished_build;
use campanile_tests::postfix::RealSmtp;
use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use futures_util::stream::BoxStream;
use serde_json::json;

fn mail(port: u16, security: SmtpSecurity, login: Option<Credentials>) -> Mail {
    let attachment = Attachment {
        filename: "make.stdio".into(),
        content_type: "text/plain; charset=utf-8".into(),
        content: Content::Bytes(b"hello\n".to_vec()),
    };
    Mail {
        relay: SmtpRelay { host: "localhost".into(), port, security, login },
        sender: "CI <ci@example.org>".into(),
        to: vec!["Jürgen <a@example.org>".into(), "b@example.org".into()],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: format!("grün: {security:?}"),
        kind: BodyKind::Plain,
        body: "Zwölf Boxkämpfer\n.\nEnde\n".into(),
        thread: None,
        headers: Vec::new(),
        attachments: vec![attachment],
    }
}

/// Whatever is referred to is lines, 12 MiB of them.
struct Long;

impl Referred for Long {
    fn size<'s>(&'s self, _: &'s Content) -> BoxFuture<'s, Result<u64, String>> {
        std::future::ready(Ok(12 << 20)).boxed()
    }

    fn pieces<'s>(&'s self, _: &'s Content, most: u64) -> BoxStream<'s, Result<Vec<u8>, String>> {
        let pieces = usize::try_from(most).expect("a size") / 65_536;
        stream::iter((0..pieces).map(|_| Ok(b"0123456789abcde\n".repeat(4096)))).boxed()
    }
}

async fn send(transports: &Transports, mail: Mail) -> Sent {
    let message = Message::Mail(mail);
    let allow = [Destination::of(&message).expect("a destination").to_string(), "secret:password".to_owned()];
    let grants = Grants::new(&[], false, &allow).expect("grants");
    let uid = "0123456789abcdef0123456789abcdef";
    let outgoing =
        Outgoing { uid, reporter: "all", created_at: Millis(0), now: Millis(0), contents: &Long, recipients: &[] };
    transports.send(&grants.permit(&message).expect("it is granted"), &outgoing).await
}

/// Transports that trust the server and know its password.
fn transports(postfix: &RealSmtp, folder: &std::path::Path) -> Transports {
    let ca = folder.join("ca");
    std::fs::write(&ca, &postfix.ca_pem).expect("a file is written");
    std::fs::write(folder.join("password"), format!("{}\n", postfix.password)).expect("a file is written");
    Transports::new(Setup::transport(&["127.0.0.0/8"], folder, ca)).expect("transports")
}

#[tokio::test]
async fn postfix_takes_our_mail_and_refuses_what_it_must() {
    let mut postfix = RealSmtp::start().await.expect("postfix starts");
    let folder = tempfile::tempdir().expect("a folder");
    let transports = transports(&postfix, folder.path());
    let password = Text(vec![Part::Secret(SecretName("password".into()))]);
    let login = || Some(Credentials { user: Text::literal(&postfix.user), password: password.clone() });
    let (port, tls_port) = (postfix.port, postfix.tls_port);
    let to = |to: &str| Mail { to: vec![to.into()], ..mail(port, SmtpSecurity::Plain, None) };
    for (mail, outcome) in [
        (mail(port, SmtpSecurity::Plain, None), AttemptOutcome::Done),
        (mail(port, SmtpSecurity::Starttls, login()), AttemptOutcome::Done),
        (mail(tls_port, SmtpSecurity::Smtps, login()), AttemptOutcome::Done),
        (mail(tls_port, SmtpSecurity::Smtps, None), AttemptOutcome::Refused),
        (to("x@elsewhere.example"), AttemptOutcome::Refused),
        (to("gone@example.org"), AttemptOutcome::Refused),
    ] {
        let subject = mail.subject.clone();
        let sent = send(&transports, mail).await;
        assert_eq!(sent.outcome, outcome, "{subject}: {sent:?}");
    }
    let partly = ["a@example.org", "gone@example.org"].map(str::to_owned).to_vec();
    let sent = send(&transports, Mail { to: partly, ..mail(port, SmtpSecurity::Plain, None) }).await;
    assert_eq!(sent.outcome, AttemptOutcome::Done);
    assert!(sent.reason.as_deref().is_some_and(|r| r.contains("refused for gone@example.org: 550")), "{sent:?}");
    let wrong = Some(Credentials { user: Text::literal(&postfix.user), password: Text::literal("x") });
    let sent = send(&transports, mail(port, SmtpSecurity::Starttls, wrong)).await;
    assert_eq!((sent.outcome, sent.status), (AttemptOutcome::Failed, Some(535)));
    // Two recipients each but the last.
    let mails = postfix.mails(7).await.expect("the mails");
    assert_eq!(mails.len(), 7);
    for mail in &mails {
        assert!(mail.contains("Message-ID: <0123456789abcdef0123456789abcdef@example.org>"), "{mail}");
        assert!(mail.contains("Zwölf Boxkämpfer\n.\nEnde\n"), "{mail}");
    }
    assert!(mails.iter().any(|mail| mail.contains("ESMTPSA")), "a login over TLS");
}

/// A host that tells those of `example.org` by this Postfix.
fn telling(postfix: &RealSmtp, to: &[&str]) -> Setup {
    let to: Vec<String> = to.iter().map(|name| format!("{name}@example.org")).collect();
    let settings = format!(
        "relayhost = \"localhost\"\nsmtpPort = {}\nfromaddr = \"ci@example.org\"\nextraRecipients = {to:?}\n\
         sendToInterestedUsers = false",
        postfix.port
    );
    let setup = Setup::default().plugins(&["mail"]).reporter("all", "mail", &settings);
    setup.allow(format!("127.0.0.1:{}", postfix.port)).allow(format!("[::1]:{}", postfix.port))
}

/// To whom Postfix delivered.
fn delivered(mails: &[String]) -> Vec<&str> {
    let to = mails.iter().filter_map(|mail| mail.lines().find_map(|line| line.strip_prefix("Delivered-To: ")));
    let mut to: Vec<&str> = to.map(|to| to.trim_end_matches("@example.org")).collect();
    to.sort_unstable();
    to
}

#[tokio::test]
async fn a_mail_is_no_longer_than_postfix_takes() {
    let mut postfix = RealSmtp::start().await.expect("postfix starts");
    let folder = tempfile::tempdir().expect("a folder");
    let transports = transports(&postfix, folder.path());
    let mut mail = Mail { to: vec!["a@example.org".into()], ..mail(postfix.port, SmtpSecurity::Plain, None) };
    mail.attachments[0].content = Content::Log(LogId(1));
    let sent = send(&transports, mail).await;
    assert_eq!(sent.outcome, AttemptOutcome::Done, "{sent:?}");
    let mails = postfix.mails(1).await.expect("the mail");
    assert!((10_000_000..10_240_000).contains(&mails[0].len()), "{} bytes", mails[0].len());
}

#[tokio::test]
async fn greylisted_recipients_get_their_mail_and_the_others_get_it_once() {
    let greylist = Greylist::start("new").await.expect("a policy server");
    let mut postfix = RealSmtp::restricted(&greylist.restriction()).await.expect("postfix starts");
    let setup = telling(&postfix, &["a", "gone", "new", "newer"]);
    let host = setup.schedule(&[0, 10, 10]).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], &delivery["tries"]), (&json!("delivered"), &json!(2)), "{delivery}");
    let said = delivery["attempts"][0]["reason"].as_str().expect("a reason");
    for part in ["refused for gone@example.org: 550 5.1.1", "put off for new@example.org: 450 4.2.0", "greylisted"] {
        assert!(said.contains(part), "{said}");
    }
    let mails = postfix.mails(3).await.expect("the mails");
    assert_eq!(delivered(&mails), ["a", "new", "newer"]);
}

#[tokio::test]
async fn one_of_many_that_stays_full_costs_the_others_nothing() {
    let mut postfix = RealSmtp::start().await.expect("postfix starts");
    let host = telling(&postfix, &["a", "b", "full"]).schedule(&[0, 10, 10]).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], &delivery["tries"]), (&json!("dead"), &json!(3)));
    let full = &delivery["recipients"][2];
    assert_eq!((&full["address"], &full["outcome"]), (&json!("full@example.org"), &json!("deferred")));
    assert!(full["answer"].as_str().is_some_and(|said| said.contains("mailbox full")), "{full}");
    let mails = postfix.mails(2).await.expect("the mails");
    assert_eq!(delivered(&mails), ["a", "b"]);
}

#[tokio::test]
async fn a_build_arrives_once_also_when_the_host_is_killed_before_the_mail() {
    let mut postfix = RealSmtp::start().await.expect("postfix starts");
    let setup = Setup::default();
    let ca = setup.folder().join("ca.pem");
    std::fs::write(&ca, &postfix.ca_pem).expect("a file is written");
    let settings = format!(
        "relayhost = \"localhost\"\nsmtpPort = {}\nuseTls = true\nsmtpUser = {:?}\nsmtpPassword = \"relay\"\n\
         fromaddr = \"ci@example.org\"\nextraRecipients = [\"a@example.org\"]\nsendToInterestedUsers = false",
        postfix.port, postfix.user
    );
    let setup = setup
        .plugins(&["mail"])
        .secret("relay", &postfix.password)
        .network(&format!("extra_ca = {:?}", ca.display().to_string()))
        .allow(format!("127.0.0.1:{}", postfix.port))
        .allow(format!("[::1]:{}", postfix.port))
        .reporter("all", "mail", &settings);
    for round in 1..=3 {
        let host = ProcessHost::start(&setup).await;
        let builder = host.post("updates/findBuilderId", &json!({"name": "linux"})).await["result"].as_i64();
        host.post("updates", &finished_build(builder.expect("an id"), 0)).await;
        host.kill().await;
        let host = ProcessHost::start(&setup).await;
        let mails = postfix.mails(round).await.expect("the mail comes");
        assert_eq!(mails.len(), round, "once");
        assert_eq!(host.terminate().await, Some(0));
    }
}
