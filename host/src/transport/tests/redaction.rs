//! What servers repeat of a login is not recorded.

use super::*;
use AttemptOutcome::*;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

const PASSWORD: &str = "t0p \"s3cret\"";

fn login() -> Option<Credentials> {
    Some(Credentials { user: Text::literal("somebody"), password: token("") })
}

#[tokio::test]
async fn a_web_server_that_repeats_the_login() {
    let sink = HttpSink::start(None).await.unwrap();
    let basic = BASE64_STANDARD.encode(format!("somebody:{PASSWORD}"));
    sink.answer(Answer::status(401).body(format!("not Basic {basic}")));
    let asked =
        HttpRequest { login: login().map(HttpLogin::Basic), ..request(format!("http://127.0.0.1:{}/", sink.port())) };
    let sent = House::open().send(Message::Http(asked)).await;
    check(&sent, Failed, "answered 401");
    assert_eq!(sent.answer, "not Basic <login>");
    assert_eq!(sink.received()[0].header("authorization").unwrap(), format!("Basic {basic}"));
}

#[tokio::test]
async fn a_relay_that_repeats_the_login() {
    let [plain, user, password] =
        [&format!("\0somebody\0{PASSWORD}"), "somebody", PASSWORD].map(|text| BASE64_STANDARD.encode(text));
    let refusal = SmtpReply::new(550, &format!("after {plain} / {user} / {password}"));
    let accepted = Some(("somebody".to_owned(), PASSWORD.to_owned()));
    let options = SmtpOptions { login: accepted, mail: Some(refusal), ..SmtpOptions::default() };
    let sink = SmtpSink::start(options).await.unwrap();
    let mut mail = mail(sink.port());
    mail.relay.login = login();
    let sent = House::open().send(Message::Mail(mail)).await;
    check(&sent, Refused, "after <login> / <login> / <secret:token>");
    assert_eq!(sent.answer, "550 after <login> / <login> / <secret:token>");
}
