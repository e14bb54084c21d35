//! Mail to a server that is not ours.

use campanile::model::*;
use campanile::transport::*;
use campanile_tests::postfix::RealSmtp;

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
        headers: Vec::new(),
        attachments: vec![attachment],
    }
}

async fn send(transports: &Transports, mail: Mail) -> Sent {
    let message = Message::Mail(mail);
    let allow = [Destination::of(&message).unwrap().to_string(), "secret:password".to_owned()];
    let grants = Grants::new(&[], false, &allow).unwrap();
    let uid = "0123456789abcdef0123456789abcdef";
    let outgoing = Outgoing { uid, created_at: Millis(0), now: Millis(0), contents: &[] };
    transports.send(&grants.permit(&message).unwrap(), &outgoing).await
}

#[tokio::test]
async fn postfix_takes_our_mail() {
    let mut postfix = RealSmtp::start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca");
    std::fs::write(&ca, &postfix.ca_pem).unwrap();
    std::fs::write(directory.path().join("password"), format!("{}\n", postfix.password)).unwrap();
    let transports = Transports::new(Setup {
        guard: Guard::new(["127.0.0.0/8".parse().unwrap()]),
        secrets: Secrets::new(Some(directory.path().into())),
        trust: Trust { extra_ca: Some(ca) },
        hello: "localhost".into(),
        ..Setup::default()
    })
    .unwrap();
    let password = Text(vec![Part::Secret(SecretName("password".into()))]);
    let login = || Some(Credentials { user: Text::literal(&postfix.user), password: password.clone() });
    let (port, tls_port) = (postfix.port, postfix.tls_port);
    for (mail, relayed) in [
        (mail(port, SmtpSecurity::Plain, None), true),
        (mail(port, SmtpSecurity::Starttls, login()), true),
        (mail(tls_port, SmtpSecurity::Smtps, login()), true),
        (mail(tls_port, SmtpSecurity::Smtps, None), false),
        (Mail { to: vec!["x@elsewhere.example".into()], ..mail(port, SmtpSecurity::Plain, None) }, false),
        (Mail { to: vec!["gone@example.org".into()], ..mail(port, SmtpSecurity::Plain, None) }, false),
    ] {
        let sent = send(&transports, mail).await;
        println!("{sent:?}");
        assert_eq!(sent.outcome == AttemptOutcome::Done, relayed, "{sent:?}");
    }
    let partly =
        Mail { to: vec!["a@example.org".into(), "gone@example.org".into()], ..mail(port, SmtpSecurity::Plain, None) };
    let sent = send(&transports, partly).await;
    println!("{sent:?}");
    assert_eq!(sent.outcome, AttemptOutcome::Done);
    assert!(sent.reason.unwrap().contains("refused for gone@example.org: 550"));
    let wrong = Some(Credentials { user: Text::literal(&postfix.user), password: Text::literal("x") });
    let sent = send(&transports, mail(port, SmtpSecurity::Starttls, wrong)).await;
    println!("{sent:?}");
    assert_eq!((sent.outcome, sent.status), (AttemptOutcome::Failed, Some(535)));
    // Two recipients each but the last.
    let mails = postfix.mails(7).await.unwrap();
    assert_eq!(mails.len(), 7);
    for mail in &mails {
        assert!(mail.contains("Message-ID: <0123456789abcdef0123456789abcdef@example.org>"), "{mail}");
        assert!(mail.contains("Zwölf Boxkämpfer\n.\nEnde\n"), "{mail}");
    }
    assert!(mails.iter().any(|mail| mail.contains("ESMTPSA")), "a login over TLS");
    println!("{}", mails[0]);
}
