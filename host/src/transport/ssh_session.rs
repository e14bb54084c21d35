//! One connection to a server: address, handshake, host key, login; and commands, each on a channel of its own.
//!
//! Invariant: what is told as `NotBegun` surely did not begin on the far side.

use super::deadlines::Clock;
use super::deadlines::Late;
use super::deadlines::Step;
use super::guard::Guard;
use super::ssh_hosts::HostName;
use super::ssh_hosts::Hosts;
use super::ssh_identity::Identity;
use super::ssh_output::Output;
use super::ssh_trouble::Trouble;
use russh::Channel;
use russh::ChannelMsg;
use russh::Disconnect;
use russh::Preferred;
use russh::client;
use russh::client::AuthResult;
use russh::client::Config;
use russh::client::Handle;
use russh::client::Msg;
use russh::keys::HashAlg;
use russh::keys::PrivateKey;
use russh::keys::PrivateKeyWithHashAlg;
use russh::keys::PublicKeyOrCertificate;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// So long nothing is heard before the server is asked whether it is still there; and so often in vain.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const MOST_UNHEARD: usize = 2;

/// How long a server is told goodbye, or that a command is of no more interest.
const LEAVE: Duration = Duration::from_millis(200);

/// A server, and who logs in there: what tells connections apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Peer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) identity: Identity,
}

pub(super) struct Session {
    handle: Handle<Greeter>,
    /// A command did not end in time: nobody knows whether the connection still lives.
    doubtful: AtomicBool,
}

/// Looks at the server's key while the connection is made.
struct Greeter {
    hosts: Arc<Hosts>,
    host: HostName,
}

/// How a command that began came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Exit(u32),
    /// It was killed on the far side.
    Signal(String),
    /// Nobody will ever know.
    Lost(String),
}

/// Why a command did not begin.
pub(super) enum NotBegun {
    /// The connection was dead before: a new one will tell.
    Stale(Trouble),
    Refused(Trouble),
}

impl client::Handler for Greeter {
    type Error = Trouble;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Trouble> {
        match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => {
                self.hosts.check(&self.host, key).map(|()| true).map_err(Trouble::passing)
            }
            // None was asked for.
            PublicKeyOrCertificate::Certificate(_) => {
                Err(Trouble::passing(format!("{} shows a certificate, which is not supported", self.host)))
            }
        }
    }
}

impl Session {
    pub(super) async fn open(guard: &Guard, peer: &Peer, hosts: &Arc<Hosts>, clock: &Clock) -> Result<Self, Trouble> {
        let key = peer.identity.key().map_err(Trouble::passing)?;
        let host = HostName::new(&peer.host, peer.port);
        let kinds = hosts.kinds(&host).map_err(Trouble::passing)?;
        let tcp = guard.connect(&peer.host, peer.port, clock).await?;
        let greeter = Greeter { hosts: Arc::clone(hosts), host: host.clone() };
        let config = Config {
            preferred: Preferred { key: kinds.into(), ..Preferred::DEFAULT },
            keepalive_interval: Some(KEEP_ALIVE),
            keepalive_max: MOST_UNHEARD,
            ..Config::default()
        };
        let at = |trouble: Trouble| match trouble {
            Trouble::Passing(why) => Trouble::Passing(format!("the SSH handshake with {host}: {why}")),
            Trouble::Lasting(why) => Trouble::Lasting(why),
        };
        let handshake = client::connect_stream(Arc::new(config), tcp, greeter);
        let shaken = clock.within(Step::Handshake, handshake).await.map_err(|late| late_at(&host, late))?;
        let mut session = Self { handle: shaken.map_err(at)?, doubtful: AtomicBool::new(false) };
        let login = clock.within(Step::Login, session.log_in(peer, &key)).await;
        login.map_err(|late| late_at(&host, late))??;
        Ok(session)
    }

    /// Whether it can take another command, as far as is known.
    pub(super) fn is_good(&self) -> bool {
        !self.handle.is_closed() && !self.doubtful.load(Ordering::Relaxed)
    }

    /// Runs one command to its end, or to the end of its time.
    pub(super) async fn run(&self, command: &str, output: &mut Output, clock: &Clock) -> Result<End, NotBegun> {
        let mut channel = self.begin(command, clock).await?;
        let mut end = None;
        match clock.within(Step::Command, finish(&mut channel, output, &mut end)).await {
            Ok(Taken::Yes) => Ok(end.unwrap_or_else(lost)),
            Ok(Taken::No) => {
                let reason = "the server does not run commands for this user: it refused the request";
                Err(NotBegun::Refused(Trouble::passing(reason)))
            }
            Err(late) => {
                self.doubt();
                let _ = tokio::time::timeout(LEAVE, channel.close()).await;
                // What it left behind may keep the channel open when it is over.
                Ok(end.unwrap_or_else(|| End::Lost(late.to_string())))
            }
        }
    }

    /// Closes it, politely.
    pub(super) async fn leave(&self) {
        let goodbye = self.handle.disconnect(Disconnect::ByApplication, "", "");
        let _ = tokio::time::timeout(LEAVE, goodbye).await;
    }

    async fn log_in(&mut self, peer: &Peer, key: &Arc<PrivateKey>) -> Result<(), Trouble> {
        let refused = |why: &str| {
            let (host, who) = (HostName::new(&peer.host, peer.port), peer.identity.told(key));
            Trouble::passing(format!("{host} refused the login of {:?} by {who}: {why}", peer.user))
        };
        let hash = if key.algorithm().is_rsa() {
            match self.handle.best_supported_rsa_hash().await? {
                Some(None) => return Err(refused("it takes RSA keys by SHA-1 only; use a key of the kind ed25519")),
                Some(Some(hash)) => Some(hash),
                // It does not say; the older of the two is known to more.
                None => Some(HashAlg::Sha256),
            }
        } else {
            None
        };
        let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
        match self.handle.authenticate_publickey(&peer.user, key).await? {
            AuthResult::Success => Ok(()),
            AuthResult::Failure { partial_success: true, .. } => Err(refused("it asks for more than a key")),
            AuthResult::Failure { partial_success: false, .. } => {
                Err(refused("add its public key to that user, or name another key or user"))
            }
        }
    }

    /// Asks for the command. Until the request is handed over, nothing began.
    async fn begin(&self, command: &str, clock: &Clock) -> Result<Channel<Msg>, NotBegun> {
        let opened = clock.within(Step::Answer, self.handle.channel_open_session()).await;
        let channel = match opened {
            Ok(Ok(channel)) => channel,
            Ok(Err(russh::Error::ChannelOpenFailure(why))) => {
                let reason = format!("the server opens no channel for the command: {why:?}");
                return Err(NotBegun::Refused(Trouble::passing(reason)));
            }
            Ok(Err(error)) => return Err(NotBegun::Stale(lost_before(&error))),
            Err(late) => return Err(self.silent("opening a channel", late)),
        };
        // It fails, or is given up, only while the request is still here.
        match clock.within(Step::Answer, channel.exec(true, command)).await {
            Ok(Ok(())) => Ok(channel),
            Ok(Err(error)) => Err(NotBegun::Stale(lost_before(&error))),
            Err(late) => Err(self.silent("asking for the command", late)),
        }
    }

    fn silent(&self, at: &str, late: Late) -> NotBegun {
        self.doubt();
        NotBegun::Stale(Trouble::passing(format!("{at}: {late}")))
    }

    /// Takes no more commands.
    fn doubt(&self) {
        self.doubtful.store(true, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

/// Whether the server began the command.
enum Taken {
    Yes,
    No,
}

/// Reads until the channel is closed. Cancel-safe: what came until then is in the output, and how the command ended.
async fn finish(channel: &mut Channel<Msg>, output: &mut Output, end: &mut Option<End>) -> Taken {
    const STDERR: u32 = 1;
    let mut began = false;
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Success => began = true,
            ChannelMsg::Failure if !began => return Taken::No,
            ChannelMsg::Data { data } => output.stdout(&data),
            ChannelMsg::ExtendedData { data, ext: STDERR } => output.stderr(&data),
            ChannelMsg::ExitStatus { exit_status } => *end = Some(End::Exit(exit_status)),
            ChannelMsg::ExitSignal { signal_name, .. } => *end = Some(End::Signal(format!("{signal_name:?}"))),
            ChannelMsg::Close => break,
            _ => {}
        }
    }
    Taken::Yes
}

fn lost() -> End {
    End::Lost("the connection was lost before the command ended".to_owned())
}

fn late_at(host: &HostName, late: Late) -> Trouble {
    Trouble::passing(format!("{host}: {late}"))
}

fn lost_before(error: &russh::Error) -> Trouble {
    Trouble::passing(format!("the connection was lost before the command began: {error}"))
}
