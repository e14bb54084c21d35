//! An SSH server in this process that takes any key, and ends each command at once with success. Asked for its version, it is
//! Gerrit's.

use russh::Channel;
use russh::ChannelId;
use russh::keys::Algorithm;
use russh::keys::PrivateKey;
use russh::server::Auth;
use russh::server::ChannelOpenHandle;
use russh::server::Config;
use russh::server::Handler;
use russh::server::Msg;
use russh::server::Session;
use russh::server::VerifiedPublicKey;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub(crate) struct SshSink {
    pub(crate) port: u16,
    taken: watch::Receiver<usize>,
}

#[derive(Clone)]
struct Taking(watch::Sender<usize>);

impl SshSink {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).expect("a key");
        let config = Arc::new(Config { keys: vec![key], ..Config::default() });
        let (tell, taken) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a socket");
                let (config, taking) = (Arc::clone(&config), Taking(tell.clone()));
                tokio::spawn(async move {
                    let session = russh::server::run_stream(config, stream, taking).await.expect("a handshake");
                    // Its client may just go away.
                    let _ = session.await;
                });
            }
        });
        Self { port, taken }
    }

    pub(crate) fn count(&self) -> usize {
        *self.taken.borrow()
    }

    pub(crate) async fn until(&self, count: usize) {
        self.taken.clone().wait_for(|taken| *taken >= count).await.expect("the server runs");
    }
}

impl Handler for Taking {
    type Error = russh::Error;

    async fn auth_publickey(&mut self, _: &str, _: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        line: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        if line == b"gerrit version" {
            session.data(channel, "gerrit version 3.9.1\n")?;
        }
        session.exit_status_request(channel, 0)?;
        session.eof(channel)?;
        session.close(channel)?;
        self.0.send_modify(|taken| *taken += 1);
        Ok(())
    }
}
