//! Who logs in.

use super::Client;
use super::check;
use super::sshd;
use campanile::model::*;
use campanile::transport::Guard;
use campanile_tests::Key;

#[tokio::test]
async fn each_kind_of_key_logs_in() {
    let sshd = sshd().await;
    for (key, kind) in [(Key::Ed25519, "ED25519"), (Key::Ecdsa, "ECDSA"), (Key::Rsa, "RSA"), (Key::RsaPem, "RSA")] {
        let client = Client::of(&sshd).with_key(sshd.key(key));
        check(&client.run(&["true"]).await, AttemptOutcome::Done, "");
        let log = sshd.logged("Starting session", sshd.count()).await.expect("a session");
        let accepted = log.iter().rfind(|line| line.contains("Accepted publickey")).expect("a login");
        assert!(accepted.contains(kind), "{accepted}");
    }
}

#[tokio::test]
async fn a_key_may_be_a_secret_or_the_hosts_own() {
    let sshd = sshd().await;
    let client = Client::of(&sshd);
    let words = || vec![Text::literal("true")];
    let secret = Some(SshIdentity::Secret(SecretName("id_ed25519".to_owned())));
    check(&client.run_as(secret, words()).await, AttemptOutcome::Done, "");
    let no_key = "there is no key to log in with: name one in the reporter's settings, or set identity under [ssh]";
    check(&client.run_as(None, words()).await, AttemptOutcome::Failed, no_key);
    let client = Client::tuned(&sshd, |setup| setup.ssh.identity = Some(sshd.key(Key::Ecdsa)));
    check(&client.run_as(None, words()).await, AttemptOutcome::Done, "");
}

#[tokio::test]
async fn a_key_that_the_server_does_not_know_is_named() {
    let sshd = sshd().await;
    let client = Client::of(&sshd).with_key(sshd.key(Key::Stranger));
    let sent = client.run(&["true"]).await;
    check(&sent, AttemptOutcome::Failed, "refused the login of");
    check(&sent, AttemptOutcome::Failed, "id_stranger (ssh-ed25519 SHA256:");
    check(&sent, AttemptOutcome::Failed, "add its public key to that user");
    assert_eq!(sshd.count(), 0);
}

#[tokio::test]
async fn what_is_no_usable_key_is_told() {
    let sshd = sshd().await;
    let of = |file: std::path::PathBuf| Client::of(&sshd).with_key(file);
    let passphrase = "id_encrypted is protected by a passphrase, and nobody is there to type it";
    check(&of(sshd.key(Key::Encrypted)).run(&["true"]).await, AttemptOutcome::Failed, passphrase);
    let secret = Some(SshIdentity::Secret(SecretName("id_encrypted".to_owned())));
    let sent = Client::of(&sshd).run_as(secret, vec![Text::literal("true")]).await;
    check(&sent, AttemptOutcome::Failed, "the secret \"id_encrypted\" is protected by a passphrase");
    let missing = of(sshd.folder().join("missing")).run(&["true"]).await;
    check(&missing, AttemptOutcome::Failed, "missing: No such file");
    let public = sshd.key(Key::Ed25519).with_extension("pub");
    check(
        &of(public).run(&["true"]).await,
        AttemptOutcome::Failed,
        "id_ed25519.pub is no private key that can be read",
    );
    assert_eq!(sshd.count(), 0);
}

#[tokio::test]
async fn a_closed_network_is_closed_to_ssh() {
    let sshd = sshd().await;
    let client = Client::tuned(&sshd, |setup| setup.guard = Guard::default());
    let sent = client.run(&["true"]).await;
    check(&sent, AttemptOutcome::Refused, "127.0.0.1 is a loopback address");
    sshd.stop().await;
    let sent = Client::of(&sshd).run(&["true"]).await;
    check(&sent, AttemptOutcome::Failed, "Connection refused");
}
