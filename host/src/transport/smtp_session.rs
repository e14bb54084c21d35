//! One conversation with a relay, led by lettre: greeting, EHLO, TLS, login, and mails.
//!
//! Command by command rather than by lettre's `send`, which does not tell which of them was refused.

use super::deadlines::Clock;
use super::deadlines::Step;
use super::link::Link;
use super::link::Network;
use super::pool::Idle;
use super::smtp_reply::Reply;
use super::smtp_reply::Trouble;
use crate::model::SmtpSecurity;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::client::AsyncTokioStream;
use lettre::transport::smtp::client::TlsParameters;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::extension::Extension;
use std::fmt::Display;
use std::future::Future;
use std::iter::from_fn;
use std::net::SocketAddr;
use std::time::Duration;

/// How much of a mail is encoded and written at once.
const MAX_WRITE_BYTES: usize = 64 * 1024;

/// How long a relay is told goodbye.
const LEAVE: Duration = Duration::from_millis(200);

/// A relay and who logs in there: what tells connections apart.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Relay {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: SmtpSecurity,
    pub(super) login: Option<(String, String)>,
}

pub(super) struct Session(AsyncSmtpConnection);

impl Session {
    /// Connects, and is ready for mails.
    pub(super) async fn open(
        network: &Network,
        relay: &Relay,
        hello: &ClientId,
        clock: &Clock,
    ) -> Result<Self, Trouble> {
        let tcp = network.guard.connect(&relay.host, relay.port, clock).await?;
        let at = "EHLO or the greeting";
        let peer = tcp.peer_addr().map_err(|e| Trouble::Lost { at, why: e.to_string() })?;
        let mut encrypted = relay.security == SmtpSecurity::Smtps;
        let link: Box<dyn AsyncTokioStream> = match encrypted {
            true => Box::new(Link::new(network.encrypt(tcp, &relay.host, clock).await?, peer, false)),
            // Wary if TLS may begin on it later.
            false => Box::new(Link::new(tcp, peer, relay.security == SmtpSecurity::Starttls || relay.login.is_some())),
        };
        let greeted = timed(at, Step::Answer, AsyncSmtpConnection::connect_with_transport(link, hello), clock).await?;
        let mut session = Self(greeted.map_err(|e| Trouble::of(at, &e))?);
        if session.wants_starttls(relay, peer) {
            session.starttls(network.tls_parameters(&relay.host)?, hello, clock).await?;
            encrypted = true;
        }
        if let Some((user, password)) = &relay.login {
            // A password goes over TLS, or not out of this machine.
            if !encrypted && !peer.ip().is_loopback() {
                return Err(Trouble::LoginInClear);
            }
            session.log_in(user, password, clock).await?;
        }
        Ok(session)
    }

    pub(super) fn offers(&self, extension: Extension) -> bool {
        self.0.server_info().supports_feature(extension)
    }

    /// Asked for; or offered, and there is a password to protect.
    fn wants_starttls(&self, relay: &Relay, peer: SocketAddr) -> bool {
        match relay.security {
            SmtpSecurity::Starttls => true,
            SmtpSecurity::Smtps => false,
            SmtpSecurity::Plain => {
                relay.login.is_some() && self.offers(Extension::StartTls) && !peer.ip().is_loopback()
            }
        }
    }

    async fn starttls(&mut self, tls: TlsParameters, hello: &ClientId, clock: &Clock) -> Result<(), Trouble> {
        if !self.offers(Extension::StartTls) {
            return Err(Trouble::NoStarttls);
        }
        let host = tls.domain().to_owned();
        let upgraded = timed("STARTTLS", Step::Answer, self.0.starttls(tls, hello), clock).await?;
        upgraded.map_err(|e| match Trouble::of("STARTTLS", &e) {
            Trouble::Lost { why, .. } => Trouble::Tls { host, why },
            trouble => trouble,
        })
    }

    async fn log_in(&mut self, user: &str, password: &str, clock: &Clock) -> Result<(), Trouble> {
        if self.0.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
            return Err(Trouble::NoLogin);
        }
        let login = Credentials::new(user.to_owned(), password.to_owned());
        let at = "AUTH";
        let reply = Reply::of(at, timed(at, Step::Answer, self.0.auth(DEFAULT_MECHANISMS, &login), clock).await?)?;
        if reply.is_success() { Ok(()) } else { Err(Trouble::Refused { at, reply }) }
    }

    pub(super) async fn command(
        &mut self,
        at: &'static str,
        command: impl Display,
        clock: &Clock,
    ) -> Result<Reply, Trouble> {
        Reply::of(at, timed(at, Step::Answer, self.0.command(command), clock).await?)
    }

    /// Sends a mail and returns its answer; the inner trouble is that all was sent and no answer came.
    pub(super) async fn mail(&mut self, mail: &[u8], clock: &Clock) -> Result<Result<Reply, Trouble>, Trouble> {
        // Lettre asks for the next piece when the one before is flushed, and writes the end when there is none.
        let mut ending = false;
        let end = from_fn(|| {
            ending = true;
            None
        });
        // The end begins with a line end of its own.
        let pieces = mail.strip_suffix(b"\r\n").unwrap_or(mail).chunks(MAX_WRITE_BYTES).chain(end);
        // A relay may look at a mail for long, so only the whole exchange bounds it: asking again is a second mail.
        let said = clock.within(Step::Exchange, self.0.message_iter(pieces)).await;
        let at = if ending { "the end of the mail" } else { "the mail" };
        let said =
            said.map_err(|late| Trouble::Lost { at, why: late.to_string() }).and_then(|said| Reply::of(at, said));
        if ending { Ok(said) } else { said.map(Ok) }
    }
}

async fn timed<T>(at: &'static str, step: Step, work: impl Future<Output = T>, clock: &Clock) -> Result<T, Trouble> {
    clock.within(step, work).await.map_err(|late| Trouble::Lost { at, why: late.to_string() })
}

impl Idle for Session {
    async fn leave(mut self) {
        // It is closed in any case.
        let _ = tokio::time::timeout(LEAVE, self.0.quit()).await;
    }
}
