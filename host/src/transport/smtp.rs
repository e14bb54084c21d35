//! Mail: one delivery is one mail to all its recipients.
//!
//! A relay may refuse some recipients. The mail then goes to the others, the delivery is done, and its reason lists
//! who was refused; only when nobody was accepted does it fail (if a relay may still change its mind) or is refused.
//! Trying again for single recipients comes with the mail issue.
//!
//! Invariant: `Unknown` is said from the moment the end of the mail was handed to the network until its answer, and
//! never before.

use super::deadlines::Clock;
use super::link::Network;
use super::mail_message::Draft;
use super::outcome::Sent;
use super::pool::Idle;
use super::pool::MAX_IDLE;
use super::pool::Pool;
use super::smtp_reply::Reply;
use super::smtp_reply::Trouble;
use super::smtp_session::Relay;
use super::smtp_session::Session;
use super::transports::Try;
use crate::model::AttemptOutcome;
use crate::model::Mail;
use lettre::Address;
use lettre::transport::smtp::commands;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::extension::Extension;
use lettre::transport::smtp::extension::MailBodyParameter;
use lettre::transport::smtp::extension::MailParameter;

#[derive(Debug)]
pub(super) struct Smtp {
    network: Network,
    hello: ClientId,
    idle: Pool<Relay, Session>,
}

impl Smtp {
    pub(super) fn new(network: Network, hello: String) -> Self {
        Self { network, hello: ClientId::Domain(hello), idle: Pool::new(MAX_IDLE) }
    }

    pub(super) async fn send<'a>(&self, mail: &'a Mail, this: &mut Try<'a>) -> Sent {
        match self.attempt(mail, this).await {
            Ok(sent) | Err(sent) => sent,
        }
    }

    async fn attempt<'a>(&self, mail: &'a Mail, this: &mut Try<'a>) -> Result<Sent, Sent> {
        let draft = Draft::new(mail, this)?;
        let login =
            mail.relay.login.as_ref().map(|login| this.filler.login(login)).transpose().map_err(Sent::failed)?;
        let relay =
            Relay { host: mail.relay.host.clone(), port: mail.relay.port, security: mail.relay.security, login };
        let mut pooled = self.idle.take(&relay);
        loop {
            let was_pooled = pooled.is_some();
            let mut session = match pooled.take() {
                Some(session) => session,
                None => self.open(&relay, &this.clock).await?,
            };
            let sent = Transaction::of(&draft, &session)?.over(&mut session, &this.clock).await;
            let (sent, then) = sent.unwrap_or_else(|trouble| (failed(&trouble), Then::Drop));
            match then {
                Then::Keep => self.idle.put(relay.clone(), session),
                Then::Leave => session.leave().await,
                // Nothing was sent: a fresh connection will tell.
                Then::Stale if was_pooled => continue,
                Then::Drop | Then::Stale => drop(session),
            }
            return Ok(with_dropped(sent, &draft.dropped));
        }
    }

    async fn open(&self, relay: &Relay, clock: &Clock) -> Result<Session, Sent> {
        let opened = Session::open(&self.network, relay, &self.hello, clock).await;
        opened.map_err(|trouble| failed(&trouble))
    }
}

/// A mail for a certain relay.
struct Transaction<'a> {
    draft: &'a Draft,
    parameters: Vec<MailParameter>,
    content: Vec<u8>,
}

/// What becomes of the session.
enum Then {
    Keep,
    Leave,
    /// In the middle of something: only closing is understood.
    Drop,
    /// It was dead before the mail began, or the relay closes it now.
    Stale,
}

impl<'a> Transaction<'a> {
    fn of(draft: &'a Draft, session: &Session) -> Result<Self, Sent> {
        let needs_utf8 = draft.needs_utf8();
        if needs_utf8 && !session.offers(Extension::SmtpUtfEight) {
            return Err(Sent::refused(
                "an address has letters beyond ASCII before the @, which the relay does not take",
            ));
        }
        let content = draft.render(session.offers(Extension::EightBitMime))?;
        let mut parameters = Vec::new();
        if !content.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if needs_utf8 {
            parameters.push(MailParameter::SmtpUtfEight);
        }
        Ok(Self { draft, parameters, content })
    }

    /// An error means that nothing arrived.
    async fn over(&self, session: &mut Session, clock: &Clock) -> Result<(Sent, Then), Trouble> {
        let sender = commands::Mail::new(Some(self.draft.sender.clone()), self.parameters.clone());
        match session.command("MAIL FROM", sender, clock).await {
            Ok(answer) if answer.is_success() => {}
            Ok(answer) if answer.code == 421 => return Ok((not_taken(&answer), Then::Stale)),
            Ok(answer) => return Ok((not_taken(&answer), Then::Leave)),
            Err(trouble) => return Ok((failed(&trouble), Then::Stale)),
        }
        let mut refused = Vec::new();
        for address in &self.draft.recipients {
            let answer = session.command("RCPT TO", commands::Rcpt::new(address.clone(), Vec::new()), clock).await?;
            if !answer.is_success() {
                refused.push((address, answer));
            }
        }
        if refused.len() == self.draft.recipients.len() {
            return Ok((nobody_accepted(&refused), Then::Leave));
        }
        let answer = session.command("DATA", commands::Data, clock).await?;
        if answer.code != 354 {
            return Ok((not_taken(&answer), Then::Leave));
        }
        Ok(match session.mail(&self.content, clock).await? {
            Ok(answer) if answer.is_success() => {
                let sent = Sent::new(AttemptOutcome::Done, Some(answer.code), answer.to_string());
                (if refused.is_empty() { sent } else { sent.with_reason(list(&refused)) }, Then::Keep)
            }
            Ok(answer) => (not_taken(&answer), Then::Keep),
            Err(trouble) if refused.is_empty() => (Sent::unknown(trouble), Then::Drop),
            Err(trouble) => (Sent::unknown(format!("{trouble}; {}", list(&refused))), Then::Drop),
        })
    }
}

fn nobody_accepted(refused: &[(&Address, Reply)]) -> Sent {
    let milder = refused.iter().map(|(_, reply)| reply).min_by_key(|reply| reply.code);
    milder.map_or_else(|| Sent::failed("no recipients"), |reply| judged(reply, list(refused)))
}

/// Says along which recipients the mail did not even ask for.
fn with_dropped(sent: Sent, dropped: &[String]) -> Sent {
    if dropped.is_empty() {
        return sent;
    }
    let reason = sent.reason.iter().chain(dropped).cloned().collect::<Vec<_>>().join("; ");
    sent.with_reason(reason)
}

/// "refused for a@example.org: 550 no such user; …"
fn list(refused: &[(&Address, Reply)]) -> String {
    refused.iter().map(|(address, reply)| format!("refused for {address}: {reply}")).collect::<Vec<_>>().join("; ")
}

fn not_taken(answer: &Reply) -> Sent {
    judged(answer, format!("the mail was not taken: {answer}"))
}

fn judged(answer: &Reply, reason: String) -> Sent {
    let lasting = answer.is_permanent() && !answer.is_about_login();
    let outcome = if lasting { AttemptOutcome::Refused } else { AttemptOutcome::Failed };
    Sent::new(outcome, Some(answer.code), answer.to_string()).with_reason(reason)
}

/// Whatever is wrong with the relay or the way there, people can mend; but a closed network only by configuring.
fn failed(trouble: &Trouble) -> Sent {
    match trouble {
        Trouble::Guard(guard) if guard.is_closed() => Sent::refused(trouble),
        Trouble::Refused { reply, .. } => {
            Sent::new(AttemptOutcome::Failed, Some(reply.code), reply.to_string()).with_reason(trouble)
        }
        _ => Sent::failed(trouble),
    }
}
