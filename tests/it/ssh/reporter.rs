//! A reporter whose deliveries are commands: what is granted, what is configured, and what becomes of a delivery.

use super::sshd;
use campanile_sinks::HttpSink;
use campanile_tests::Key;
use campanile_tests::Setup;
use campanile_tests::Sshd;
use serde_json::Value;
use serde_json::json;
use std::fs;

/// A reporter that sends commands to the server, which is known; what else its settings say of the server, and of
/// deliveries.
fn setup(sshd: &Sshd, server: &str, deliveries: &str) -> Setup {
    configured(sshd, server, deliveries).toml(&format!("[ssh]\nknown_hosts = {:?}\n", sshd.known_hosts_file()))
}

fn configured(sshd: &Sshd, server: &str, deliveries: &str) -> Setup {
    let settings = format!(
        "url = \"http://127.0.0.1:1\"\ndeliveries = {deliveries}\n\
         ssh = {{host = \"127.0.0.1\", port = {}, user = {:?}, {server}}}\n",
        sshd.port, sshd.user
    );
    let setup = Setup::default().plugins(&["scripted"]).allow(format!("127.0.0.1:{}", sshd.port));
    setup.reporter("script", "scripted", &settings)
}

fn identity(sshd: &Sshd, key: Key) -> String {
    format!("identity_file = {:?}", sshd.key(key))
}

/// The only delivery, when all is quiet.
async fn delivery(setup: &Setup) -> Value {
    let host = setup.start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let deliveries = host.deliveries().await;
    assert_eq!(deliveries.len(), 1, "{deliveries:#?}");
    deliveries[0].clone()
}

#[track_caller]
fn check(delivery: &Value, state: &str, reason: &str) {
    let said = delivery["reason"].as_str().unwrap_or_default();
    assert_eq!(delivery["state"], state, "{delivery:#}");
    assert!(said.contains(reason), "{said:?} has no {reason:?}");
}

#[tokio::test]
async fn a_command_is_delivered() {
    let sshd = sshd().await;
    let delivery = delivery(&setup(&sshd, &identity(&sshd, Key::Ed25519), "[{key = \"a\"}]")).await;
    check(&delivery, "delivered", "");
    assert_eq!(delivery["destination"], format!("ssh://127.0.0.1:{}", sshd.port));
    let words = sshd.commands().pop().expect("a command");
    assert_eq!(words[..2], ["send", "a"]);
    assert_eq!(serde_json::from_str::<Value>(&words[2]).expect("the body")["build"], 1);
}

#[tokio::test]
async fn the_hosts_own_key_and_what_it_learned_stand_in_for_what_is_not_said() {
    let sshd = sshd().await;
    let own = format!("[ssh]\nidentity = {:?}\naccept_new = true\nknown_hosts = \"nobody\"\n", sshd.key(Key::Ecdsa));
    let setup = configured(&sshd, "", "[{key = \"a\"}]").toml(&own);
    fs::write(setup.folder().join("nobody"), "").expect("a file");
    let learned = setup.folder().join("campanile.db.known_hosts");
    let host = setup.start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    check(&host.deliveries().await[0], "delivered", "");
    assert_eq!(fs::read_to_string(learned).expect("what was learned"), sshd.known_host("ed25519"));
    let setup = host.stop().await;
    sshd.change_host_keys().expect("other keys");
    let host = setup.start().await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let deliveries = host.deliveries().await;
    check(deliveries.iter().find(|delivery| delivery["state"] == "dead").expect("one of two"), "dead", "has changed");
}

#[tokio::test]
async fn a_key_file_is_granted_by_its_setting_alone() {
    let sshd = sshd().await;
    let server = format!("{}, other_file = {:?}", identity(&sshd, Key::Ed25519), sshd.key(Key::Rsa));
    let delivery = delivery(&setup(&sshd, &server, "[{key = \"a\"}]")).await;
    let expected = format!(
        "the key file {:?} is not granted: write it in the setting /ssh/identity_file, or keep the key as a secret",
        sshd.key(Key::Rsa)
    );
    check(&delivery, "dead", &expected);
    assert_eq!(sshd.count(), 0);
}

#[tokio::test]
async fn what_cannot_be_used_is_told_at_the_start() {
    let sshd = sshd().await;
    let refused = async |server: &str, more: &str| configured(&sshd, server, "[]").toml(more).refused().await;
    let said =
        refused(&identity(&sshd, Key::Encrypted), "[ssh]\nknown_hosts = \"gone\"\nidentity = \"gone too\"\n").await;
    for expected in [
        "reporter \"script\": settings.ssh.identity_file: the key file ",
        "id_encrypted is protected by a passphrase",
        "ssh.known_hosts: there is no file ",
        "ssh.identity: the key file ",
    ] {
        assert!(said.contains(expected), "{said} has no {expected}");
    }
    let said = refused("identity_file = \"id_rsa\"", "[ssh]\nknown_host = \"x\"\n").await;
    for expected in [
        "settings.ssh.identity_file: invalid ssh-identity: expected a file's whole path, found \"id_rsa\"",
        "ssh.known_host: unknown key, did you mean known_hosts?",
    ] {
        assert!(said.contains(expected), "{said} has no {expected}");
    }
}

#[tokio::test]
async fn a_login_that_is_refused_is_tried_again_and_told() {
    let sshd = sshd().await;
    let delivery = delivery(&setup(&sshd, &identity(&sshd, Key::Stranger), "[{key = \"a\"}]")).await;
    check(&delivery, "dead", "given up after 4 tries; the last: [127.0.0.1]:");
    check(&delivery, "dead", "refused the login of");
    assert_eq!(sshd.count(), 0);
}

#[tokio::test]
async fn a_lost_command_is_asked_for_and_sent_again_only_if_it_is_not_there() {
    for (answer, sent) in [("echo \"it has a and b\"", 1), ("echo nothing", 2), ("echo 'has a' >&2; exit 1", 1)] {
        let sshd = sshd().await;
        sshd.behave(&format!(
            "case $1 in ask) {answer} ;; *) [ -e \"$folder/once\" ] || {{ : > \"$folder/once\"; kill -KILL $PPID; }} ;; esac"
        ));
        let deliveries = "[{key = \"a\", resend = \"probe\", receipt = false}]";
        let delivery = delivery(&setup(&sshd, &identity(&sshd, Key::Ed25519), deliveries)).await;
        let asked = sshd.commands().iter().filter(|words| words[0] == "ask").count();
        assert_eq!(sshd.count() - asked, sent, "{answer}");
        match answer.ends_with("exit 1") {
            // Nobody could say; it is as unknown as it was.
            true => check(&delivery, "dead", "given up after 4 tries"),
            false => check(&delivery, "delivered", ""),
        }
        assert!(asked > 0);
    }
}

#[tokio::test]
async fn what_must_not_arrive_twice_is_not_sent_again() {
    let sshd = sshd().await;
    sshd.behave("kill -KILL $PPID");
    let deliveries = "[{key = \"a\", resend = \"blind\"}]";
    let delivery = delivery(&setup(&sshd, &identity(&sshd, Key::Ed25519), deliveries)).await;
    check(&delivery, "dead", "nobody knows whether it arrived, and it must not arrive twice");
    assert_eq!(sshd.count(), 1);
}

#[tokio::test]
async fn a_receipt_has_the_exit_status_and_what_was_said() {
    let sink = HttpSink::start(None).await.expect("a server");
    let sshd = sshd().await;
    sshd.behave("echo half; echo 'error: change is closed' >&2; exit 1");
    let setup = setup(&sshd, &identity(&sshd, Key::Ed25519), "[{key = \"a\", receipt = true}]");
    let setup = setup.edit("http://127.0.0.1:1", &format!("http://127.0.0.1:{}", sink.port()));
    let host = setup.allow(format!("127.0.0.1:{}", sink.port())).start().await;
    host.finished_build("linux", 0).await;
    sink.wait_for(1).await;
    host.settle().await;
    let receipt: Value = serde_json::from_str(&sink.received()[0].text()).expect("JSON");
    let answer = "half\nerror: change is closed\n";
    assert_eq!(receipt, json!({"key": "a", "outcome": "Outcome::Refused", "status": 1, "answer": answer}));
}
