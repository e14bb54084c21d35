//! Whether the server is who it should be.

use super::Client;
use super::check;
use super::known;
use super::sshd;
use campanile::model::*;
use campanile::transport::KnownHosts;
use campanile::transport::NewHosts;
use campanile_tests::Key;
use campanile_tests::Sshd;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// What comes of a file of known hosts with these lines.
async fn with_lines(sshd: &Sshd, lines: &str) -> campanile::transport::Sent {
    let file = sshd.folder().join("lines");
    fs::write(&file, lines).expect("a file is written");
    let hosts = KnownHosts { files: vec![file], ..KnownHosts::default() };
    Client::with(sshd, hosts, Key::Ed25519).run(&["true"]).await
}

fn fingerprint(sshd: &Sshd, kind: &str) -> String {
    let file = sshd.folder().join(format!("host_{kind}.pub"));
    let output = Command::new("/usr/bin/ssh-keygen").arg("-lf").arg(file).output().expect("ssh-keygen");
    String::from_utf8_lossy(&output.stdout).split_whitespace().nth(1).expect("a fingerprint").to_owned()
}

#[tokio::test]
async fn an_unknown_host_is_refused_with_its_fingerprint() {
    let sshd = sshd().await;
    let sent = with_lines(&sshd, "# nobody\n\nother.example.org ssh-ed25519 AAAA\n").await;
    let expected = format!(
        "the host key of [127.0.0.1]:{port} is not known: ssh-ed25519 {print}; if that is its key, add it to {file}, as \
         `ssh-keyscan -p {port} 127.0.0.1 >> {file}` does, or set accept_new = true under [ssh]",
        port = sshd.port,
        print = fingerprint(&sshd, "ed25519"),
        file = sshd.folder().join("lines").display(),
    );
    check(&sent, AttemptOutcome::Failed, &expected);
    let nowhere = KnownHosts { files: vec![PathBuf::from("/nonexistent/known_hosts")], ..KnownHosts::default() };
    let sent = Client::with(&sshd, nowhere, Key::Ed25519).run(&["true"]).await;
    check(&sent, AttemptOutcome::Failed, "add it to /nonexistent/known_hosts");
    assert_eq!(sshd.count(), 0);
}

#[tokio::test]
async fn a_host_is_known_by_any_of_its_keys() {
    let sshd = sshd().await;
    for kind in ["ed25519", "ecdsa", "rsa"] {
        check(&with_lines(&sshd, &sshd.known_host(kind)).await, AttemptOutcome::Done, "");
    }
    let (port, key) = (sshd.port, sshd.host_key("ed25519"));
    for name in [
        format!("other,[127.0.0.1]:{port}"),
        format!("[127.0.0.?]:{port}"),
        format!("[*]:{port}"),
        "*,!other".to_owned(),
    ] {
        check(&with_lines(&sshd, &format!("{name}  \t{key}")).await, AttemptOutcome::Done, "");
    }
    for name in ["127.0.0.1".to_owned(), format!("*,![127.0.0.1]:{port}"), format!("[127.0.0.1]:{}", port - 1)] {
        check(&with_lines(&sshd, &format!("{name} {key}")).await, AttemptOutcome::Failed, "is not known");
    }
}

#[tokio::test]
async fn a_name_may_be_hashed() {
    let sshd = sshd().await;
    let file = sshd.folder().join("hashed");
    fs::write(&file, sshd.known_host("ecdsa")).expect("a file is written");
    let hashed = Command::new("/usr/bin/ssh-keygen").arg("-qHf").arg(&file).status().expect("ssh-keygen");
    assert!(hashed.success());
    let lines = fs::read_to_string(file).expect("the file");
    assert!(lines.starts_with("|1|"), "{lines}");
    check(&with_lines(&sshd, &lines).await, AttemptOutcome::Done, "");
}

#[tokio::test]
async fn a_changed_key_is_never_taken() {
    let sshd = sshd().await;
    let learned = sshd.folder().join("learned");
    let trusting = |files| KnownHosts { files, learned: Some(learned.clone()), new: NewHosts::Learned };
    let file = sshd.folder().join("lines");
    fs::write(&file, sshd.known_host("ed25519")).expect("a file is written");
    check(
        &Client::with(&sshd, trusting(vec![file.clone()]), Key::Ed25519).run(&["true"]).await,
        AttemptOutcome::Done,
        "",
    );
    assert!(!learned.exists(), "who is known is not learned");
    let before = fingerprint(&sshd, "ed25519");
    sshd.change_host_keys().expect("other keys");
    let sent = Client::with(&sshd, trusting(vec![file.clone()]), Key::Ed25519).run(&["true"]).await;
    let expected = format!(
        "has changed: it shows ssh-ed25519 {}, and ssh-ed25519 {before} is known by line 1 of {}; somebody may stand in \
         between",
        fingerprint(&sshd, "ed25519"),
        file.display(),
    );
    check(&sent, AttemptOutcome::Failed, &expected);
    assert_eq!((sshd.count(), learned.exists()), (1, false));
}

#[tokio::test]
async fn another_kind_of_key_than_the_known_one_is_a_change() {
    let sshd = sshd().await;
    let line = sshd.known_host("rsa");
    check(&with_lines(&sshd, &line).await, AttemptOutcome::Done, "");
    fs::remove_file(sshd.folder().join("host_rsa")).expect("the server has this key no more");
    check(&with_lines(&sshd, &line).await, AttemptOutcome::Failed, "has changed: it shows ssh-ed25519");
}

#[tokio::test]
async fn a_new_host_is_learned_once_where_that_is_asked_for() {
    let sshd = sshd().await;
    let learned = sshd.folder().join("learned");
    let hosts = |new| KnownHosts { files: Vec::new(), learned: Some(learned.clone()), new };
    let run = async |sshd: &Sshd, new| Client::with(sshd, hosts(new), Key::Ed25519).run(&["true"]).await;
    check(&run(&sshd, NewHosts::Refused).await, AttemptOutcome::Failed, "is not known");
    for _ in 0..2 {
        check(&run(&sshd, NewHosts::Learned).await, AttemptOutcome::Done, "");
        assert_eq!(fs::read_to_string(&learned).expect("what was learned"), sshd.known_host("ed25519"));
    }
    check(&run(&sshd, NewHosts::Refused).await, AttemptOutcome::Done, "");
    sshd.change_host_keys().expect("other keys");
    check(&run(&sshd, NewHosts::Learned).await, AttemptOutcome::Failed, "has changed");
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_believed() {
    let sshd = sshd().await;
    let learned = Some(sshd.folder().join("no/such/folder"));
    let hosts = KnownHosts { files: Vec::new(), learned, new: NewHosts::Learned };
    let sent = Client::with(&sshd, hosts, Key::Ed25519).run(&["true"]).await;
    check(&sent, AttemptOutcome::Failed, "keeping the host key of");
    assert_eq!(sshd.count(), 0);
}

#[tokio::test]
async fn marked_lines_are_minded() {
    let sshd = sshd().await;
    let line = sshd.known_host("ed25519");
    let revoked = with_lines(&sshd, &format!("{line}@revoked * {}", sshd.host_key("ed25519"))).await;
    check(&revoked, AttemptOutcome::Failed, "is revoked by line 2 of");
    let authority = with_lines(&sshd, &format!("@cert-authority {line}")).await;
    check(&authority, AttemptOutcome::Failed, "is known by an authority only (@cert-authority, line 1 of");
    let both = with_lines(&sshd, &format!("@cert-authority * {}{line}", sshd.host_key("rsa"))).await;
    check(&both, AttemptOutcome::Done, "");
    let broken = with_lines(&sshd, &format!("{line}@revoked * ssh-ed25519 nonsense\n")).await;
    check(&broken, AttemptOutcome::Failed, "begins with a marker and does not read");
    let other = with_lines(&sshd, &format!("{line}@revoked * {}", sshd.host_key("ecdsa"))).await;
    check(&other, AttemptOutcome::Done, "");
    let kind = with_lines(&sshd, &format!("{}@revoked * {}", sshd.known_host("rsa"), sshd.host_key("ecdsa"))).await;
    check(&kind, AttemptOutcome::Done, "");
}

#[tokio::test]
async fn what_is_commented_out_is_believed_no_more() {
    let sshd = sshd().await;
    let line = format!("#other,[127.0.0.1]:{} {}", sshd.port, sshd.host_key("ed25519"));
    check(&with_lines(&sshd, &line).await, AttemptOutcome::Failed, "is not known");
    check(&with_lines(&sshd, &format!("  {line}")).await, AttemptOutcome::Failed, "is not known");
}

#[tokio::test]
async fn a_key_is_kept_in_a_line_of_its_own() {
    let sshd = sshd().await;
    let learned = sshd.folder().join("learned");
    fs::write(&learned, "other ssh-ed25519 AAAA cut off").expect("a file is written");
    let hosts = KnownHosts { files: Vec::new(), learned: Some(learned.clone()), new: NewHosts::Learned };
    check(&Client::with(&sshd, hosts, Key::Ed25519).run(&["true"]).await, AttemptOutcome::Done, "");
    let kept = fs::read_to_string(&learned).expect("what was learned");
    assert_eq!(kept, format!("other ssh-ed25519 AAAA cut off\n{}", sshd.known_host("ed25519")));
}

#[tokio::test]
async fn the_connection_is_not_made_before_the_host_is_known() {
    let sshd = sshd().await;
    check(
        &Client::with(&sshd, KnownHosts::default(), Key::Ed25519).run(&["true"]).await,
        AttemptOutcome::Failed,
        "known_hosts",
    );
    check(&Client::with(&sshd, known(&sshd), Key::Ed25519).run(&["true"]).await, AttemptOutcome::Done, "");
    assert_eq!(sshd.logins(1).await.expect("a login"), 1, "nobody logged in where the host was not known");
}
