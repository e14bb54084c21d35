//! The reporters of the mail reporter's page, each as it stands there, but for the relay: what they send about a build
//! that passed and one that failed.

use super::PLUGINS;
use super::blocks;
use crate::mail::reading::read;
use campanile_sinks::ReceivedMail;
use campanile_sinks::ServerCertificate;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_sinks::SmtpTls;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;
use std::fmt::Write;

/// A relay of the kind that the reporter wants, and the authority that vouches for it.
async fn relay(reporter: &str) -> (SmtpSink, String) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate_pem, key_pem) = (own.cert.pem(), own.signing_key.serialize_pem());
    let mut options = SmtpOptions::default();
    if reporter.contains("useTls = true") {
        options.tls = SmtpTls::Starttls(ServerCertificate { certificate_pem: certificate_pem.clone(), key_pem });
    }
    if reporter.contains("smtpUser") {
        options.login = Some(("myuser@example.com".to_owned(), "mypassword".to_owned()));
        options.login_required = true;
    }
    (SmtpSink::start(options).await.expect("a server"), certificate_pem)
}

/// The reporter, which sends to a port here.
fn sends_here(reporter: &str, port: u16) -> String {
    let is_relay = |line: &&str| line.starts_with("relayhost") || line.starts_with("smtpPort");
    let lines: Vec<&str> = reporter.lines().filter(|line| !is_relay(line)).collect();
    let settings = "[reporter.settings]\n";
    let here = format!("{settings}relayhost = \"localhost\"\nsmtpPort = {port}\n");
    let text = lines.join("\n");
    assert_eq!(text.matches(settings).count(), 1, "{text}");
    text.replace(settings, &here)
}

async fn host(reporter: &str) -> (TestHost, SmtpSink) {
    let (sink, authority) = relay(reporter).await;
    let named = |plugin: &&&str| reporter.contains(&format!("\"{plugin}\""));
    let plugins: Vec<&str> = PLUGINS.iter().filter(named).copied().collect();
    let setup = Setup::default().plugins(&plugins).secret("relay-password", "mypassword");
    let setup = setup.allow(format!("127.0.0.1:{}", sink.port())).allow(format!("[::1]:{}", sink.port()));
    std::fs::write(setup.folder().join("ca.pem"), authority).expect("a file is written");
    let setup = setup.network("extra_ca = \"ca.pem\"").toml(&sends_here(reporter, sink.port()));
    (setup.start().await, sink)
}

/// Ann commits, and the builder builds it: two steps, of which the last one's log has 100 lines.
async fn build(host: &TestHost, revision: &str, results: i64) {
    let repository = "https://example.org/r.git";
    let change = json!({"author": "ann", "comments": "Ring <louder>", "files": ["bells.c", "tower.c"], "branch": "main",
        "revision": revision, "repository": repository, "project": "belfry", "when_timestamp": 1_795_172_400});
    host.update("addChange", change).await;
    let builder = host.builder("linux").await;
    let stamp = json!({"branch": "main", "revision": revision, "repository": repository, "project": "belfry",
        "codebase": ""});
    let set = json!({"waited_for": false, "builderids": [builder], "reason": "a push", "scheduler": "all",
        "sourcestamps": [stamp]});
    let request = host.update("addBuildset", set).await["brids"][builder.to_string()].clone();
    let build = host.update("addBuild", json!({"builderid": builder, "buildrequestid": request})).await;
    let build = build["buildid"].clone();
    let properties =
        json!({"branch": ["main", "Build"], "got_revision": [revision, "Git"], "workername": ["w1", "Worker"]});
    host.update("setBuildProperties", json!({"buildid": build, "properties": properties})).await;
    step(host, &build, ("compile", 2), 0).await;
    step(host, &build, ("test", 100), results).await;
    let state = if results == 0 { "build successful" } else { "failed test" };
    host.update("setBuildStateString", json!({"buildid": build, "state_string": state})).await;
    host.update("finishBuild", json!({"buildid": build, "results": results})).await;
    host.update("completeBuildRequests", json!({"brids": [request], "results": results})).await;
}

async fn step(host: &TestHost, build: &Value, (name, lines): (&str, u32), results: i64) {
    let step = host.update("addStep", json!({"buildid": build, "name": name})).await["stepid"].clone();
    host.update("startStep", json!({"stepid": step})).await;
    let log = host.update("addLog", json!({"stepid": step, "name": "stdio", "type": "s"})).await;
    let lines: String = (1..=lines).map(|line| format!("o{name} <{line}>\n")).collect();
    host.update("appendLog", json!({"logid": log, "content": lines})).await;
    host.update("finishLog", json!({"logid": log})).await;
    host.update("finishStep", json!({"stepid": step, "results": results, "hidden": false})).await;
}

/// How it came, to whom, and what it says.
fn shown(mail: &ReceivedMail) -> String {
    let mut recipients = mail.recipients.clone();
    recipients.sort_unstable();
    let login = mail.login.as_deref().map(|user| format!(", by {user}")).unwrap_or_default();
    let tls = if mail.tls { ", over TLS" } else { "" };
    format!("(to {}{login}{tls})\n{}", recipients.join(" and "), read(mail, &[]).trim_end())
}

#[tokio::test]
async fn reporters_of_the_mail_page_send_what_they_should() {
    let page = super::read("docs/reporters/mail.md");
    let reporters = blocks(&page, "toml");
    assert_eq!(reporters.len(), page.matches("[[reporter]]").count(), "each is a reporter");
    for reporter in reporters {
        let name = reporter.split('"').nth(1).expect("a name");
        let (host, sink) = host(&reporter).await;
        let mut told = String::new();
        for (revision, results) in [("abc123", 0), ("def456", 2)] {
            let before = sink.count();
            build(&host, revision, results).await;
            host.settle().await;
            let _ = writeln!(told, "### The build of {revision} ended with {results}\n");
            for mail in &sink.received()[before..] {
                let _ = writeln!(told, "{}\n", shown(mail));
            }
        }
        insta::assert_snapshot!(name, told);
        host.stop().await;
    }
}
