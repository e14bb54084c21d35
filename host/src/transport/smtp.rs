//! Mail: one delivery is one mail to all its recipients, but those whom an earlier attempt settled.
//!
//! Invariant: `Unknown` is said from the moment the end of the mail was handed to the network until its answer, and
//! never before.
//!
//! Not here: what the answers make of the attempt (`smtp_recipients`), the wire (`smtp_session`).

use super::deadlines::Clock;
use super::deadlines::Step;
use super::link::Network;
use super::mail_attachment::Lines;
use super::mail_message::Draft;
use super::mail_message::Rendered;
use super::outcome::Sent;
use super::pool::Idle;
use super::pool::MAX_IDLE;
use super::pool::Pool;
use super::smtp_recipients::End;
use super::smtp_recipients::is_lasting;
use super::smtp_recipients::judge;
use super::smtp_reply::Reply;
use super::smtp_reply::Trouble;
use super::smtp_session::MAX_WRITE_BYTES;
use super::smtp_session::Relay;
use super::smtp_session::Session;
use super::smtp_wire::Stuffing;
use super::transports::Try;
use crate::model::AttemptOutcome;
use crate::model::Mail;
use futures_util::StreamExt;

/// Commands that leave together where the relay takes that: their answers fit into what waits in a socket.
const PIPELINED: usize = 100;

#[derive(Debug)]
pub(super) struct Smtp {
    network: Network,
    hello: String,
    idle: Pool<Relay, Session>,
}

impl Smtp {
    pub(super) fn new(network: Network, hello: String) -> Self {
        Self { network, hello, idle: Pool::new(MAX_IDLE) }
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
                None => Session::open(&self.network, &relay, &self.hello, &this.clock).await.map_err(|e| failed(&e))?,
            };
            let transaction = Transaction::of(&draft, &session).await?;
            let (sent, then) = match transaction.over(&mut session, &this.clock).await {
                Ok(end) => end,
                Err(trouble) => (failed(&trouble), Then::Drop),
            };
            match then {
                // Nothing was sent: a fresh connection will tell.
                Then::Stale if was_pooled => continue,
                Then::Drop | Then::Stale => drop(session),
                Then::Keep => self.keep(relay, session).await,
                Then::Reset if session.reset(&this.clock).await => self.keep(relay, session).await,
                Then::Reset => session.leave().await,
            }
            return Ok(sent);
        }
    }

    async fn keep(&self, relay: Relay, session: Session) {
        match session.is_fresh() {
            true => self.idle.put(relay, session),
            false => session.leave().await,
        }
    }
}

/// A mail for a certain relay.
struct Transaction<'a> {
    draft: &'a Draft<'a>,
    /// MAIL and RCPT, a line each.
    envelope: Vec<String>,
    mail: Rendered<'a>,
}

/// What becomes of the session.
enum Then {
    Keep,
    /// It is in the middle of a mail that the relay did not take.
    Reset,
    /// In the middle of something: only closing is understood.
    Drop,
    /// It was dead before the mail began, or the relay closes it now.
    Stale,
}

/// What the relay said of the envelope.
enum Envelope {
    /// Of each recipient, and of DATA if that was asked for already.
    Recipients(Vec<(String, Reply)>, Option<Reply>),
    NotTaken(Sent, Then),
}

impl<'a> Transaction<'a> {
    async fn of(draft: &'a Draft<'a>, session: &Session) -> Result<Self, Sent> {
        let offers = &session.offers;
        let needs_utf8 = draft.needs_utf8();
        if needs_utf8 && !offers.utf8 {
            return Err(Sent::refused(
                "an address has letters beyond ASCII before the @, which the relay does not take",
            ));
        }
        let mail = draft.render(offers.eight_bit, offers.most_bytes).await?;
        let body = if mail.head.is_ascii() { "" } else { " BODY=8BITMIME" };
        let utf8 = if needs_utf8 { " SMTPUTF8" } else { "" };
        let mut envelope = vec![format!("MAIL FROM:<{}>{body}{utf8}\r\n", draft.sender)];
        envelope.extend(draft.recipients.iter().map(|address| format!("RCPT TO:<{address}>\r\n")));
        Ok(Self { draft, envelope, mail })
    }

    /// An error means that nothing arrived.
    async fn over(&self, session: &mut Session, clock: &Clock) -> Result<(Sent, Then), Trouble> {
        let (asked, data) = match self.envelope(session, clock).await? {
            Envelope::Recipients(asked, data) => (asked, data),
            Envelope::NotTaken(sent, then) => return Ok((sent, then)),
        };
        let welcome = asked.iter().any(|(_, reply)| reply.is_success());
        let data = match data {
            Some(answer) => Some(answer),
            None if welcome => Some(session.ask("DATA", "DATA\r\n", clock).await?),
            None => None,
        };
        let (end, then) = match data {
            Some(answer) if answer.code == 354 && welcome => self.content(session, clock).await?,
            Some(answer) if answer.code == 354 => {
                // It waits for a mail to nobody: an empty one, which it refuses (RFC 2920, 3.1).
                session.end(Vec::new(), Stuffing::new(), clock).await?;
                (End::Nobody, Then::Reset)
            }
            Some(answer) if welcome => (End::NotTaken(answer), Then::Reset),
            Some(_) | None => (End::Nobody, Then::Reset),
        };
        Ok((judge(&asked, &end, &self.draft.besides), then))
    }

    /// Names sender and recipients; all at once, and DATA too, where the relay takes that.
    async fn envelope(&self, session: &mut Session, clock: &Clock) -> Result<Envelope, Trouble> {
        let pipelining = session.offers.pipelining;
        let mut lines: Vec<&str> = self.envelope.iter().map(String::as_str).collect();
        if pipelining {
            lines.push("DATA\r\n");
        }
        let mut answers = Vec::with_capacity(lines.len());
        for group in lines.chunks(if pipelining { PIPELINED } else { 1 }) {
            let begins = answers.is_empty();
            if let Err(trouble) = session.say("MAIL FROM", &group.concat(), clock).await {
                return if begins { Ok(Envelope::NotTaken(failed(&trouble), Then::Stale)) } else { Err(trouble) };
            }
            for _ in group {
                let at = if answers.is_empty() { "MAIL FROM" } else { "RCPT TO" };
                match session.answer(at, clock).await {
                    Ok(answer) => answers.push(answer),
                    Err(trouble) if begins && answers.is_empty() => {
                        return Ok(Envelope::NotTaken(failed(&trouble), Then::Stale));
                    }
                    Err(trouble) => return Err(trouble),
                }
                if answers.len() == 1 && answers[0].code == 421 {
                    return Ok(Envelope::NotTaken(not_taken(&answers[0]), Then::Stale));
                }
            }
            if !answers[0].is_success() {
                return Ok(Envelope::NotTaken(not_taken(&answers[0]), Then::Reset));
            }
        }
        let data = pipelining.then(|| answers.pop()).flatten();
        let recipients = self.draft.recipients.iter().map(ToString::to_string).zip(answers.drain(1..)).collect();
        Ok(Envelope::Recipients(recipients, data))
    }

    /// Sends the mail itself. An attachment that cannot be read ends the session in the middle of it, so nothing arrives.
    async fn content(&self, session: &mut Session, clock: &Clock) -> Result<(End, Then), Trouble> {
        let mut sending = Sending { session, clock, stuffing: Stuffing::new(), stuffed: Vec::new() };
        for piece in self.mail.head.chunks(MAX_WRITE_BYTES) {
            sending.put(piece).await?;
        }
        for part in &self.mail.parts {
            sending.put(&part.header).await?;
            let (mut pieces, mut lines, mut encoded) =
                (part.pieces(self.draft.contents()), Lines::default(), Vec::new());
            let lost = |why: String| Trouble::Lost { at: "reading an attachment", why };
            while let Some(piece) =
                clock.within(Step::Exchange, pieces.next()).await.map_err(|late| lost(late.to_string()))?
            {
                lines.put(&piece.map_err(lost)?, &mut encoded);
                sending.put(&encoded).await?;
                encoded.clear();
            }
            lines.end(&mut encoded);
            sending.put(&encoded).await?;
        }
        sending.put(&self.mail.end).await?;
        Ok(match sending.end().await {
            Ok(answer) if answer.is_success() => (End::Taken(answer), Then::Keep),
            Ok(answer) => (End::NotTaken(answer), Then::Keep),
            Err(trouble) => (End::Silent(trouble), Then::Drop),
        })
    }
}

/// A mail on its way. What is stuffed was not written yet.
struct Sending<'a> {
    session: &'a mut Session,
    clock: &'a Clock,
    stuffing: Stuffing,
    stuffed: Vec<u8>,
}

impl Sending<'_> {
    async fn put(&mut self, piece: &[u8]) -> Result<(), Trouble> {
        if self.stuffed.len() + piece.len() > MAX_WRITE_BYTES {
            self.session.piece(&self.stuffed, self.clock).await?;
            self.stuffed.clear();
        }
        self.stuffing.put(piece, &mut self.stuffed);
        Ok(())
    }

    async fn end(self) -> Result<Reply, Trouble> {
        self.session.end(self.stuffed, self.stuffing, self.clock).await
    }
}

fn not_taken(answer: &Reply) -> Sent {
    let outcome = if is_lasting(answer) { AttemptOutcome::Refused } else { AttemptOutcome::Failed };
    Sent::new(outcome, Some(answer.code), answer.to_string()).with_reason(format!("the mail was not taken: {answer}"))
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
