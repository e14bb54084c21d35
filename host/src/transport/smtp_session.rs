//! One conversation with a relay: greeting, EHLO, TLS, login, and mails.
//!
//! Invariant: from the moment the end of a mail may have left until its answer, silence is told apart from failure.

use super::deadlines::Clock;
use super::deadlines::Late;
use super::deadlines::Step;
use super::hello::Hello;
use super::link::Network;
use super::pool::Idle;
use super::smtp_offers::Login;
use super::smtp_offers::Offers;
use super::smtp_reply::Reply;
use super::smtp_reply::Trouble;
use super::smtp_wire::Stuffing;
use super::smtp_wire::Wire;
use crate::model::SmtpSecurity;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::future::Future;
use std::io;
use std::time::Duration;

/// How much of a mail is written at once.
pub(super) const MAX_WRITE_BYTES: usize = 64 * 1024;

/// Mails over one session: relays wish to spread their load, and some end a session that goes on too long.
const MOST_MAILS: usize = 100;

/// How long a relay may take to forget a mail: the outcome of the attempt waits for it.
const RESET: Duration = Duration::from_secs(1);

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

pub(super) struct Session {
    wire: Wire,
    pub(super) offers: Offers,
    mails: usize,
}

impl Session {
    /// Connects, and is ready for mails.
    pub(super) async fn open(network: &Network, relay: &Relay, hello: &Hello, clock: &Clock) -> Result<Self, Trouble> {
        let tcp = network.guard.connect(&relay.host, relay.port, clock).await?;
        let wire = match relay.security {
            SmtpSecurity::Smtps => Wire::encrypted(network.encrypt(tcp, &relay.host, clock).await?),
            SmtpSecurity::Plain | SmtpSecurity::Starttls => Wire::clear(tcp),
        };
        let mut session = Self { wire, offers: Offers::default(), mails: 0 };
        let greeting = session.answer("the greeting", clock).await?;
        greeting.expect("the greeting", 220)?;
        let hello = hello.on(session.wire.local().map_err(lost)?.ip());
        session.hello(&hello, clock).await?;
        if session.wants_starttls(relay)? {
            session = session.starttls(network, relay, clock).await?;
            session.hello(&hello, clock).await?;
        }
        if let Some((user, password)) = &relay.login {
            // A password goes over TLS, or not out of this machine.
            if !session.wire.is_encrypted() && !session.is_near()? {
                return Err(Trouble::LoginInClear);
            }
            session.log_in(user, password, clock).await?;
        }
        Ok(session)
    }

    async fn hello(&mut self, hello: &str, clock: &Clock) -> Result<(), Trouble> {
        let answer = self.ask("EHLO", &format!("EHLO {hello}\r\n"), clock).await?;
        answer.expect("EHLO", 250)?;
        self.offers = Offers::read(&answer.text);
        Ok(())
    }

    /// Asked for; or offered, and there is a password to protect.
    fn wants_starttls(&self, relay: &Relay) -> Result<bool, Trouble> {
        Ok(match relay.security {
            SmtpSecurity::Starttls => true,
            SmtpSecurity::Smtps => false,
            SmtpSecurity::Plain => relay.login.is_some() && self.offers.starttls && !self.is_near()?,
        })
    }

    /// On this machine.
    fn is_near(&self) -> Result<bool, Trouble> {
        Ok(self.wire.peer().map_err(lost)?.ip().is_loopback())
    }

    async fn starttls(mut self, network: &Network, relay: &Relay, clock: &Clock) -> Result<Self, Trouble> {
        if !self.offers.starttls {
            return Err(Trouble::NoStarttls);
        }
        if self.wire.is_quiet() {
            self.ask("STARTTLS", "STARTTLS\r\n", clock).await?.expect("STARTTLS", 220)?;
        }
        let wire = self.wire.encrypt(network, &relay.host, clock).await?;
        // What was offered in clear counts for nothing.
        Ok(Self { wire, offers: Offers::default(), ..self })
    }

    async fn log_in(&mut self, user: &str, password: &str, clock: &Clock) -> Result<(), Trouble> {
        let answer = match self.offers.login {
            None => return Err(Trouble::NoLogin),
            Some(Login::Plain) => {
                let both = STANDARD.encode(format!("\0{user}\0{password}"));
                self.ask("AUTH", &format!("AUTH PLAIN {both}\r\n"), clock).await?
            }
            Some(Login::Login) => {
                self.ask("AUTH", "AUTH LOGIN\r\n", clock).await?.expect("AUTH", 334)?;
                let user = format!("{}\r\n", STANDARD.encode(user));
                self.ask("AUTH", &user, clock).await?.expect("AUTH", 334)?;
                self.ask("AUTH", &format!("{}\r\n", STANDARD.encode(password)), clock).await?
            }
        };
        answer.expect("AUTH", 235)
    }

    /// One command, one answer.
    pub(super) async fn ask(&mut self, at: &'static str, line: &str, clock: &Clock) -> Result<Reply, Trouble> {
        self.say(at, line, clock).await?;
        self.answer(at, clock).await
    }

    /// Commands without waiting for their answers.
    pub(super) async fn say(&mut self, at: &'static str, lines: &str, clock: &Clock) -> Result<(), Trouble> {
        timed(at, clock.within(Step::Answer, self.wire.write(lines.as_bytes()))).await
    }

    pub(super) async fn answer(&mut self, at: &'static str, clock: &Clock) -> Result<Reply, Trouble> {
        timed(at, clock.within(Step::Answer, self.wire.reply())).await
    }

    /// Whether it may serve another mail.
    pub(super) fn is_fresh(&self) -> bool {
        self.mails < MOST_MAILS && self.wire.is_quiet()
    }

    /// A piece of a mail that goes on.
    pub(super) async fn piece(&mut self, stuffed: &[u8], clock: &Clock) -> Result<(), Trouble> {
        timed("the mail", clock.within(Step::Piece, self.wire.write(stuffed))).await
    }

    /// The last piece and the end of the mail; an error means that all may have arrived, and no answer came.
    pub(super) async fn end(&mut self, mut last: Vec<u8>, stuffing: Stuffing, clock: &Clock) -> Result<Reply, Trouble> {
        const AT: &str = "the end of the mail";
        self.mails += 1;
        stuffing.end(&mut last);
        // A relay may look at a mail for long, and asking again is a second mail.
        let answered = async {
            self.wire.write(&last).await?;
            self.wire.reply().await
        };
        timed(AT, clock.within(Step::Last, answered)).await
    }

    /// Takes back a mail that the relay did not take, so that the session can serve the next one.
    pub(super) async fn reset(&mut self, clock: &Clock) -> bool {
        if !self.is_fresh() {
            return false;
        }
        let asked = tokio::time::timeout(RESET, self.ask("RSET", "RSET\r\n", clock)).await;
        matches!(asked, Ok(Ok(answer)) if answer.is_success())
    }
}

fn lost(error: io::Error) -> Trouble {
    Trouble::Lost { at: "the connection", why: error.to_string() }
}

async fn timed<T>(at: &'static str, work: impl Future<Output = Result<io::Result<T>, Late>>) -> Result<T, Trouble> {
    let lost = |why: String| Trouble::Lost { at, why };
    work.await.map_err(|late| lost(late.to_string()))?.map_err(|e| lost(e.to_string()))
}

impl Idle for Session {
    async fn leave(mut self) {
        // It is closed in any case.
        let goodbye = async {
            self.wire.write(b"QUIT\r\n").await?;
            self.wire.reply().await
        };
        let _ = tokio::time::timeout(LEAVE, goodbye).await;
    }
}
