//! A build in, a mail out.

mod lookup;
mod messages;
mod previous;
pub(crate) mod reading;
mod recipients;
mod wire;

use campanile_sinks::ServerCertificate;
use campanile_sinks::SmtpFault;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpReply;
use campanile_sinks::SmtpSink;
use campanile_sinks::SmtpTls;
use campanile_tests::Setup;
use serde_json::json;

/// The mail as it came, with what differs from run to run taken out.
fn redacted(text: &str) -> String {
    let line = |line: &str| match line.split_once(": ") {
        Some((name @ ("Message-ID" | "Date"), _)) => format!("{name}: …"),
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_failed_build_is_told_by_mail_once() {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let host = Setup::default().mail("failures", sink.port(), "mode = [\"failing\"]").start().await;
    host.finished_build("linux", 2).await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let mails = sink.received();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipients, ["builds@example.org"]);
    insta::assert_snapshot!(redacted(&mails[0].text()));
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], &delivery["tries"]), (&json!("delivered"), &json!(1)));
    let id = format!("Message-ID: <{}@example.org>", delivery["uid"].as_str().expect("a uid"));
    assert!(mails[0].text().contains(&id), "{id}");
}

#[tokio::test]
async fn a_formatter_plugin_writes_the_body() {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let setup = Setup::default().plugins(&["short"]).mail("phones", sink.port(), "messageFormatter = \"short\"");
    let host = setup.start().await;
    host.finished_build("linux", 1).await;
    host.settle().await;
    insta::assert_snapshot!(redacted(&sink.received()[0].text()));
}

#[tokio::test]
async fn what_a_server_puts_off_is_tried_again_by_the_schedule() {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    sink.change(|options| options.data = Some(SmtpReply::new(451, "try again")));
    let host = Setup::default().mail("all", sink.port(), "").schedule(&[0, 20, 20]).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let delivery = &host.deliveries().await[0];
    let attempts = delivery["attempts"].as_array().expect("attempts");
    assert!(
        attempts.len() == 3 && attempts.iter().all(|a| a["outcome"] == "failed" && a["status"] == 451),
        "{attempts:?}"
    );
    assert_eq!((&delivery["state"], sink.count()), (&json!("dead"), 0));
}

#[tokio::test]
async fn a_mail_that_may_have_arrived_goes_out_again_as_the_same_mail() {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    sink.change(|options| options.fault = SmtpFault::DropAfterData);
    let host = Setup::default().mail("all", sink.port(), "").schedule(&[0, 50, 50, 50, 60_000]).start().await;
    host.finished_build("linux", 0).await;
    sink.wait_for(1).await;
    sink.change(|options| options.fault = SmtpFault::None);
    host.settle().await;
    let ids: Vec<String> = sink
        .received()
        .iter()
        .map(|mail| mail.text().lines().find(|line| line.starts_with("Message-ID")).expect("an id").to_owned())
        .collect();
    assert!(ids.len() >= 2 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(host.deliveries().await[0]["attempts"][0]["outcome"], "unknown");
}

#[tokio::test]
async fn what_is_refused_for_good_is_dead_and_can_be_retried_by_hand() {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    sink.change(|options| options.data = Some(SmtpReply::new(554, "no such thing here")));
    let host = Setup::default().mail("all", sink.port(), "").start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let dead = &host.deliveries().await[0];
    assert_eq!(dead["state"], "dead");
    assert!(dead["reason"].as_str().expect("a reason").contains("no such thing here"), "{dead}");
    sink.change(|options| options.data = None);
    let retry = json!({"jsonrpc": "2.0", "id": 1, "method": "retry", "params": {}});
    let (status, body) = host.post("deliveries/1", &retry).await;
    assert!(status.is_success(), "{body}");
    host.settle().await;
    assert_eq!((sink.count(), &host.deliveries().await[0]["state"]), (1, &json!("delivered")));
    assert_eq!(host.post("deliveries/1", &retry).await.0.as_u16(), 400);
    assert_eq!(host.post("deliveries/9", &retry).await.0.as_u16(), 404);
}

#[tokio::test]
async fn a_login_comes_from_a_secret_and_stays_there() {
    let login = Some(("ci".to_owned(), "tower-of-bells".to_owned()));
    let sink =
        SmtpSink::start(SmtpOptions { login, login_required: true, ..SmtpOptions::default() }).await.expect("a server");
    let settings = "smtpUser = \"ci\"\nsmtpPassword = \"relay\"";
    let host = Setup::default().secret("relay", "tower-of-bells\n").mail("all", sink.port(), settings).start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    assert_eq!(sink.received()[0].login.as_deref(), Some("ci"));
    let setup = host.stop().await;
    for file in ["campanile.db", "campanile.db-wal"] {
        let bytes = std::fs::read(setup.folder().join(file)).unwrap_or_default();
        assert!(!bytes.windows(14).any(|window| window == b"tower-of-bells"), "the secret stands in {file}");
    }
}

#[tokio::test]
async fn a_mail_goes_over_tls_to_whom_a_private_authority_vouches_for() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate_pem, key_pem) = (own.cert.pem(), own.signing_key.serialize_pem());
    let shown = ServerCertificate { certificate_pem: certificate_pem.clone(), key_pem };
    for (tls, setting) in
        [(SmtpTls::Starttls(shown.clone()), "useTls = true"), (SmtpTls::Implicit(shown), "useSmtps = true")]
    {
        let sink = SmtpSink::start(SmtpOptions { tls, ..SmtpOptions::default() }).await.expect("a server");
        let settings = format!(
            "relayhost = \"localhost\"\nsmtpPort = {}\n{setting}\nfromaddr = \"ci@example.org\"\n\
             extraRecipients = [\"builds@example.org\"]",
            sink.port()
        );
        let setup = Setup::default().plugins(&["mail"]).reporter("all", "mail", &settings);
        let setup = setup.allow(format!("127.0.0.1:{}", sink.port())).allow(format!("[::1]:{}", sink.port()));
        let untrusting = setup.clone().start().await;
        untrusting.finished_build("linux", 0).await;
        untrusting.settle().await;
        assert_eq!(untrusting.deliveries().await[0]["state"], "dead", "{setting}: nobody vouches for it");
        untrusting.stop().await;
        std::fs::write(setup.folder().join("ca.pem"), &certificate_pem).expect("a file is written");
        let host = setup.network("extra_ca = \"ca.pem\"").start().await;
        host.finished_build("linux", 0).await;
        host.settle().await;
        let mails = sink.received();
        assert!(mails.len() == 1 && mails[0].tls, "{setting}: {mails:?}");
    }
}
