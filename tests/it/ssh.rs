//! Commands over SSH, to Debian's sshd.

mod commands;
mod gerrit;
mod hosts;
mod keys;
mod reporter;
mod words;

use campanile::model::*;
use campanile::transport::*;
use campanile_tests::Key;
use campanile_tests::Sshd;
use std::path::PathBuf;
use std::time::Duration;

/// The transports, and what they log in with.
pub(crate) struct Client {
    transports: Transports,
    key: PathBuf,
    destination: Destination,
    user: String,
}

impl Client {
    /// One that knows the server.
    pub(crate) fn of(sshd: &Sshd) -> Self {
        Self::with(sshd, known(sshd), Key::Ed25519)
    }

    pub(crate) fn with(sshd: &Sshd, hosts: KnownHosts, key: Key) -> Self {
        Self::tuned(sshd, |setup| setup.ssh.hosts = hosts).with_key(sshd.key(key))
    }

    pub(crate) fn tuned(sshd: &Sshd, tune: impl FnOnce(&mut Setup)) -> Self {
        let guard = Guard::new(["127.0.0.0/8".parse().expect("an opening")]);
        let ssh = SshSetup { hosts: known(sshd), identity: None };
        let secrets = Secrets::new(Some(sshd.folder().to_owned()));
        let mut setup = Setup { guard, ssh, secrets, ..Setup::default() };
        tune(&mut setup);
        let transports = Transports::new(setup).expect("transports");
        let destination = Destination::ssh_host("127.0.0.1", sshd.port).expect("a destination");
        Self { transports, key: sshd.key(Key::Ed25519), destination, user: sshd.user.clone() }
    }

    pub(crate) fn with_key(self, key: PathBuf) -> Self {
        Self { key, ..self }
    }

    /// With a time limit for commands.
    pub(crate) fn hasty(sshd: &Sshd, command: Duration) -> Self {
        Self::tuned(sshd, |setup| setup.deadlines.ssh.command = command)
    }

    pub(crate) async fn run(&self, words: &[&str]) -> Sent {
        self.run_texts(words.iter().map(|&word| Text::literal(word)).collect()).await
    }

    pub(crate) async fn run_texts(&self, command: Vec<Text>) -> Sent {
        let identity = Some(SshIdentity::File(self.key.display().to_string()));
        self.run_as(identity, command).await
    }

    pub(crate) async fn run_as(&self, identity: Option<SshIdentity>, command: Vec<Text>) -> Sent {
        let (host, port) = (self.destination.host().to_owned(), self.destination.port());
        let message = Message::Ssh(SshCommand { host, port, user: self.user.clone(), identity, command, read: None });
        let value = self.key.display().to_string().into();
        let kind = "ssh-identity".to_owned();
        let mark = Mark { kind, pointer: "/identity_file".to_owned(), value, port: None, is_default: false };
        let secrets = ["secret:token", "secret:id_ed25519", "secret:id_encrypted"].map(str::to_owned);
        let allow = [[self.destination.to_string()].as_slice(), &secrets].concat();
        let grants = Grants::new(&[mark], false, &allow).expect("grants");
        let now = Millis(1_795_168_800_000);
        let (uid, contents, recipients) = ("0123456789abcdef0123456789abcdef", &(), &[]);
        let outgoing = Outgoing { uid, reporter: "reviews", created_at: now, now, contents, recipients };
        self.transports.send(&grants.permit(&message).expect("it is granted"), &outgoing).await
    }
}

/// The server's file of known hosts.
pub(crate) fn known(sshd: &Sshd) -> KnownHosts {
    KnownHosts { files: vec![sshd.known_hosts_file()], ..KnownHosts::default() }
}

pub(crate) async fn sshd() -> Sshd {
    Sshd::start().await.expect("sshd starts")
}

#[track_caller]
pub(crate) fn check(sent: &Sent, outcome: AttemptOutcome, reason: &str) {
    let said = sent.reason.as_deref().unwrap_or("");
    assert_eq!(sent.outcome, outcome, "{sent:?}");
    assert!(said.contains(reason) && (said.is_empty() == reason.is_empty()), "{said:?} has no {reason:?}");
}
