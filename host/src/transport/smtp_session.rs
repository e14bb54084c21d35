//! One conversation with a relay: greeting, EHLO, TLS, login, and mails.
//!
//! Written out rather than taken from lettre's client for four reasons: that one hides which command was refused,
//! sends the mail in two writes without TCP_NODELAY, does not pipeline, and goes on with what was received in clear
//! before TLS, which an attacker may have put there.

use super::deadlines::Clock;
use super::deadlines::Step;
use super::link::Link;
use super::link::Network;
use super::pool::Idle;
use super::smtp_reply::Offers;
use super::smtp_reply::Reply;
use super::smtp_reply::Trouble;
use crate::model::SmtpSecurity;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::FutureExt;
use std::io;
use std::time::Duration;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;

/// RFC 5321 says 512; some relays say more.
const MAX_LINE_BYTES: u64 = 4096;
const MAX_REPLY_BYTES: usize = 64 * 1024;

/// So many commands are sent before their answers are read; more could fill both directions and stop for ever.
const MAX_PIPELINED: usize = 50;

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

#[derive(Debug)]
pub(super) struct Session {
    stream: BufReader<Link>,
    pub(super) offers: Offers,
}

impl Session {
    /// Connects, and is ready for mails.
    pub(super) async fn open(network: &Network, relay: &Relay, hello: &str, clock: &Clock) -> Result<Self, Trouble> {
        let tcp = network.plain(&relay.host, relay.port, clock).await?;
        let link = match relay.security {
            SmtpSecurity::Smtps => network.encrypt(tcp, &relay.host, clock).await?,
            SmtpSecurity::Plain | SmtpSecurity::Starttls => Link::Plain(tcp),
        };
        let mut session = Self { stream: BufReader::new(link), offers: Offers::default() };
        session.read("the greeting", clock).await?.expect(220, "the greeting")?;
        session.hello(hello, clock).await?;
        if session.wants_starttls(relay) {
            session = session.starttls(network, relay, clock).await?;
            session.hello(hello, clock).await?;
        }
        if let Some((user, password)) = &relay.login {
            session.log_in(user, password, clock).await?;
        }
        Ok(session)
    }

    /// Asked for; or offered, and there is a password to protect.
    fn wants_starttls(&self, relay: &Relay) -> bool {
        match relay.security {
            SmtpSecurity::Starttls => true,
            SmtpSecurity::Smtps => false,
            SmtpSecurity::Plain => relay.login.is_some() && self.offers.starttls && !self.is_loopback(),
        }
    }

    fn is_loopback(&self) -> bool {
        self.stream.get_ref().peer().is_some_and(|address| address.is_loopback())
    }

    async fn hello(&mut self, name: &str, clock: &Clock) -> Result<(), Trouble> {
        let reply = self.command("EHLO", &format!("EHLO {name}\r\n"), clock).await?.expect(250, "EHLO")?;
        self.offers = Offers::of(&reply);
        Ok(())
    }

    async fn starttls(mut self, network: &Network, relay: &Relay, clock: &Clock) -> Result<Self, Trouble> {
        if !self.offers.starttls {
            return Err(Trouble::NoStarttls);
        }
        self.command("STARTTLS", "STARTTLS\r\n", clock).await?.expect(220, "STARTTLS")?;
        // Whatever came after the answer came in clear: it may be an attacker's.
        if !self.stream.buffer().is_empty() {
            return Err(Trouble::Garbage { at: "STARTTLS", line: "more than an answer".to_owned() });
        }
        let link = match self.stream.into_inner() {
            Link::Plain(tcp) => network.encrypt(tcp, &relay.host, clock).await?,
            link @ Link::Tls(_) => link,
        };
        Ok(Self { stream: BufReader::new(link), offers: Offers::default() })
    }

    /// A password goes over TLS, or not out of this machine.
    async fn log_in(&mut self, user: &str, password: &str, clock: &Clock) -> Result<(), Trouble> {
        if !self.stream.get_ref().is_encrypted() && !self.is_loopback() {
            return Err(Trouble::LoginInClear);
        }
        let encode = |text: &str| BASE64_STANDARD.encode(text);
        if self.offers.plain {
            let line = format!("AUTH PLAIN {}\r\n", encode(&format!("\0{user}\0{password}")));
            self.command("AUTH", &line, clock).await?.expect(235, "AUTH")?;
        } else if self.offers.login {
            self.command("AUTH", "AUTH LOGIN\r\n", clock).await?.expect(334, "AUTH")?;
            self.command("AUTH", &format!("{}\r\n", encode(user)), clock).await?.expect(334, "AUTH")?;
            self.command("AUTH", &format!("{}\r\n", encode(password)), clock).await?.expect(235, "AUTH")?;
        } else {
            return Err(Trouble::NoLogin);
        }
        Ok(())
    }

    pub(super) async fn command(&mut self, at: &'static str, line: &str, clock: &Clock) -> Result<Reply, Trouble> {
        self.write(at, line.as_bytes(), clock).await?;
        self.read(at, clock).await
    }

    /// Sends commands, all at once if the relay takes that, and returns their answers.
    pub(super) async fn commands(&mut self, lines: &[String], clock: &Clock) -> Result<Vec<Reply>, Trouble> {
        let mut replies = Vec::with_capacity(lines.len());
        for some in lines.chunks(if self.offers.pipelining { MAX_PIPELINED } else { 1 }) {
            let at = if replies.is_empty() { "MAIL FROM" } else { "RCPT TO" };
            self.write(at, some.concat().as_bytes(), clock).await?;
            for _ in some {
                let at = if replies.is_empty() { "MAIL FROM" } else { "RCPT TO" };
                replies.push(self.read(at, clock).await?);
            }
        }
        Ok(replies)
    }

    /// Writes all of it. After an error, not all of it was handed to the network.
    pub(super) async fn write(&mut self, at: &'static str, bytes: &[u8], clock: &Clock) -> Result<(), Trouble> {
        let written = clock.within(Step::Exchange, self.stream.get_mut().write_all(bytes)).await;
        written.map_err(|late| Trouble::Late { at, late })?.map_err(|source| Trouble::Lost { at, source })
    }

    pub(super) async fn flush(&mut self, at: &'static str, clock: &Clock) -> Result<(), Trouble> {
        let flushed = clock.within(Step::Exchange, self.stream.get_mut().flush()).await;
        flushed.map_err(|late| Trouble::Late { at, late })?.map_err(|source| Trouble::Lost { at, source })
    }

    pub(super) async fn read(&mut self, at: &'static str, clock: &Clock) -> Result<Reply, Trouble> {
        self.read_for(Step::Answer, at, clock).await
    }

    pub(super) async fn read_for(&mut self, step: Step, at: &'static str, clock: &Clock) -> Result<Reply, Trouble> {
        self.flush(at, clock).await?;
        let read = clock.within(step, self.read_reply(at)).await;
        read.map_err(|late| Trouble::Late { at, late })?
    }

    async fn read_reply(&mut self, at: &'static str) -> Result<Reply, Trouble> {
        let mut text = Vec::new();
        loop {
            let start = text.len();
            let mut limited = (&mut self.stream).take(MAX_LINE_BYTES);
            let read = limited.read_until(b'\n', &mut text).await;
            read.map_err(|source| Trouble::Lost { at, source })?;
            if text.len() == start {
                let source = io::Error::new(io::ErrorKind::UnexpectedEof, "the relay closed the connection");
                return Err(Trouble::Lost { at, source });
            }
            let garbage = |line: &[u8]| Trouble::Garbage { at, line: String::from_utf8_lossy(line).into_owned() };
            if text.len() > MAX_REPLY_BYTES || !text.ends_with(b"\n") {
                return Err(garbage(&text[start..]));
            }
            match &text[start..] {
                [a, b, c, b'-', ..] if [a, b, c].iter().all(|b| b.is_ascii_digit()) => {}
                [a, b, c, b' ' | b'\r' | b'\n', ..] if [a, b, c].iter().all(|b| b.is_ascii_digit()) => {
                    return Reply::parse(&text).ok_or_else(|| garbage(&text[start..]));
                }
                _ => return Err(garbage(&text[start..])),
            }
        }
    }
}

impl Idle for Session {
    /// A relay that has had enough says 421 or closes: either can be read.
    fn is_usable(&mut self) -> bool {
        self.stream.fill_buf().now_or_never().is_none()
    }

    async fn leave(mut self) {
        let goodbye = async {
            let stream = self.stream.get_mut();
            stream.write_all(b"QUIT\r\n").await?;
            stream.flush().await?;
            stream.shutdown().await
        };
        // It is closed in any case.
        let _ = tokio::time::timeout(LEAVE, goodbye).await;
    }
}
