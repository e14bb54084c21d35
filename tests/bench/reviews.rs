//! Reviews a second: from events in the log to the exit statuses of their commands, over one connection with four
//! channels. Against russh that runs a ready-made command over as many channels of one connection to the same server:
//! Debian's sshd, which starts a process for each, and a server in this process that answers at once.

use crate::backlog;
use crate::host;
use crate::host::Host;
use crate::rounds;
use crate::ssh_sink::SshSink;
use crate::table::Goal;
use crate::table::Row;
use crate::table::per_second;
use campanile_tests::Key;
use campanile_tests::Setup;
use campanile_tests::Sshd;
use russh::ChannelMsg;
use russh::client;
use russh::client::Handle;
use russh::keys::PrivateKeyWithHashAlg;
use russh::keys::PublicKeyOrCertificate;
use russh::keys::load_secret_key;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// How many reviews, where each starts a process, and where none does.
const SLOW: usize = 640;
const FAST: usize = 3200;

const CHANNELS: usize = 4;

const TIME: Duration = Duration::from_millis(1500);

/// As the host sends one.
const COMMAND: &str = r#"send gerrit-review '{"build":1,"count":null,"state":"finished"}'"#;

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let sshd = runtime.block_on(Sshd::start()).expect("sshd starts");
    let sink = runtime.block_on(SshSink::start());
    let key = sshd.key(Key::Ed25519);
    let row = |what: &str, server: &Server<'_>, reviews: usize, goal: Goal| {
        let setup = host::setup();
        backlog::write(runtime, &setup, reviews);
        let mut round = 0;
        let figure = || {
            round += 1;
            let setup = reporter(setup.clone(), &format!("round-{round}"), server, &key);
            sent(runtime, &setup, server, reviews)
        };
        let (figure, limit, ratio) = rounds::in_turns(figure, || runtime.block_on(ready_made(server, &key)));
        let limit = (format!("russh, ready-made, {CHANNELS} channels {}", per_second(limit)), ratio);
        Row::new(what, per_second(figure), limit, goal)
    };
    vec![
        row("reviews over SSH, events to exit statuses, sshd", &Server::Real(&sshd), SLOW, Goal::AtLeast(0.6)),
        row("the same, a server that answers at once", &Server::Sink(&sink, &sshd.user), FAST, Goal::None),
    ]
}

/// Whom commands go to.
enum Server<'s> {
    Real(&'s Sshd),
    /// And who logs in.
    Sink(&'s SshSink, &'s str),
}

impl Server<'_> {
    fn port(&self) -> u16 {
        match self {
            Self::Real(sshd) => sshd.port,
            Self::Sink(sink, _) => sink.port,
        }
    }

    fn user(&self) -> &str {
        match self {
            Self::Real(sshd) => &sshd.user,
            Self::Sink(_, user) => user,
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Real(sshd) => sshd.count(),
            Self::Sink(sink, _) => sink.count(),
        }
    }

    async fn until(&self, count: usize) {
        match self {
            Self::Real(sshd) => drop(sshd.begun(count).await),
            Self::Sink(sink, _) => sink.until(count).await,
        }
    }
}

/// One that begins with the first event of the log.
fn reporter(setup: Setup, name: &str, server: &Server<'_>, key: &Path) -> Setup {
    let (port, user) = (server.port(), server.user());
    setup.plugins(&["scripted"]).allow(format!("127.0.0.1:{port}")).toml(&format!(
        "[ssh]\naccept_new = true\n\
         [[reporter]]\nname = \"{name}\"\nplugin = \"scripted\"\nfrom = \"start\"\n\
         [reporter.settings]\nurl = \"http://127.0.0.1:1\"\ndeliveries = [{{key = \"gerrit-review\"}}]\n\
         ssh = {{host = \"127.0.0.1\", port = {port}, user = {user:?}, identity_file = {key:?}}}\n"
    ))
}

fn sent(runtime: &Runtime, setup: &Setup, server: &Server<'_>, reviews: usize) -> f64 {
    let before = server.count();
    let host = Host::start(runtime, setup);
    let (first, started) = (server.count(), Instant::now());
    runtime.block_on(server.until(before + reviews));
    host.settled();
    let rate = (before + reviews - first) as f64 / started.elapsed().as_secs_f64();
    host.stop();
    rate
}

struct Believing;

impl client::Handler for Believing {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

async fn ready_made(server: &Server<'_>, key: &Path) -> f64 {
    let config = Arc::new(client::Config { nodelay: true, ..client::Config::default() });
    let mut session = client::connect(config, ("127.0.0.1", server.port()), Believing).await.expect("a handshake");
    let key = Arc::new(load_secret_key(key, None).expect("a key"));
    let login = session.authenticate_publickey(server.user(), PrivateKeyWithHashAlg::new(key, None)).await;
    assert!(login.expect("a login").success());
    let (session, started) = (Arc::new(session), Instant::now());
    let mut tasks = JoinSet::new();
    for _ in 0..CHANNELS {
        let session = Arc::clone(&session);
        tasks.spawn(async move {
            let mut commands = 0;
            while started.elapsed() < TIME {
                assert_eq!(command(&session).await, Some(0));
                commands += 1;
            }
            commands
        });
    }
    let mut commands = 0;
    while let Some(done) = tasks.join_next().await {
        commands += done.expect("a sender");
    }
    f64::from(commands) / started.elapsed().as_secs_f64()
}

async fn command(session: &Handle<Believing>) -> Option<u32> {
    let mut channel = session.channel_open_session().await.expect("a channel");
    channel.exec(true, COMMAND).await.expect("the request leaves");
    let mut status = None;
    while let Some(message) = channel.wait().await {
        if let ChannelMsg::ExitStatus { exit_status } = message {
            status = Some(exit_status);
        }
    }
    status
}
