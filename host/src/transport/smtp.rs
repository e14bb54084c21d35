//! Mail: one delivery is one mail to all its recipients, but those whom an earlier attempt settled.
//!
//! Invariant: `Unknown` is said from the moment the end of the mail was handed to the network until its answer, and
//! never before.
//!
//! Not here: what the answers make of the attempt (`smtp_recipients`), the wire (`smtp_session`).

use super::deadlines::Clock;
use super::deadlines::Step;
use super::hello::Hello;
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
    hello: Hello,
    idle: Pool<Relay, Session>,
}

impl Smtp {
    pub(super) fn new(network: Network, hello: Hello) -> Self {
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
            let in_ascii;
            let draft = if session.offers.utf8 || !draft.needs_utf8() {
                &draft
            } else {
                in_ascii = draft.in_ascii()?;
                &in_ascii
            };
            let transaction = Transaction::of(draft, &session).await?;
            let (sent, then) = transaction.over(&mut session, &this.clock).await;
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

/// What the relay said of recipients.
type Asked = Vec<(String, Reply)>;

/// What the relay said of the envelope.
enum Envelope {
    /// Of each recipient, and of DATA if that was asked for already.
    Recipients(Asked, Option<Reply>),
    /// Of some recipients; then the session broke.
    Broken(Asked, Trouble),
    NotTaken(Sent, Then),
}

impl<'a> Transaction<'a> {
    async fn of(draft: &'a Draft<'a>, session: &Session) -> Result<Self, Sent> {
        let offers = &session.offers;
        let mail = draft.render(offers.eight_bit, offers.most_bytes).await?;
        let body = if mail.head.is_ascii() { "" } else { " BODY=8BITMIME" };
        let utf8 = if draft.needs_utf8() { " SMTPUTF8" } else { "" };
        let mut envelope = vec![format!("MAIL FROM:<{}>{body}{utf8}\r\n", draft.sender)];
        envelope.extend(draft.recipients.iter().map(|address| format!("RCPT TO:<{address}>\r\n")));
        Ok(Self { draft, envelope, mail })
    }

    async fn over(&self, session: &mut Session, clock: &Clock) -> (Sent, Then) {
        let (asked, (end, then)) = match self.envelope(session, clock).await {
            Envelope::Recipients(asked, data) => {
                let welcome = asked.iter().any(|(_, reply)| reply.is_success());
                let rest = self.rest(session, (welcome, data), clock).await;
                (asked, rest.unwrap_or_else(|trouble| (End::Broken(trouble, Vec::new()), Then::Drop)))
            }
            Envelope::Broken(asked, trouble) => {
                let unasked = self.draft.recipients.iter().skip(asked.len()).map(ToString::to_string).collect();
                (asked, (End::Broken(trouble, unasked), Then::Drop))
            }
            Envelope::NotTaken(sent, then) => return (sent, then),
        };
        (judge(&asked, &end, &self.draft.besides), then)
    }

    /// What follows on the envelope. An error means that nothing arrived.
    async fn rest(
        &self,
        session: &mut Session,
        (welcome, data): (bool, Option<Reply>),
        clock: &Clock,
    ) -> Result<(End, Then), Trouble> {
        let data = match data {
            Some(answer) => Some(answer),
            None if welcome => Some(session.ask("DATA", "DATA\r\n", clock).await?),
            None => None,
        };
        Ok(match data {
            Some(answer) if answer.code == 354 && welcome => self.content(session, clock).await?,
            Some(answer) if answer.code == 354 => {
                // It waits for a mail to nobody: an empty one, which it refuses (RFC 2920, 3.1).
                match session.end(Vec::new(), Stuffing::new(), clock).await {
                    Ok(_) => (End::Nobody, Then::Reset),
                    Err(_) => (End::Nobody, Then::Drop),
                }
            }
            Some(answer) if welcome => (End::NotTaken(answer), Then::Reset),
            Some(_) | None => (End::Nobody, Then::Reset),
        })
    }

    /// Names sender and recipients; all at once, and DATA too, where the relay takes that.
    async fn envelope(&self, session: &mut Session, clock: &Clock) -> Envelope {
        let pipelining = session.offers.pipelining;
        let mut lines: Vec<&str> = self.envelope.iter().map(String::as_str).collect();
        if pipelining {
            lines.push("DATA\r\n");
        }
        let mut answers = Vec::with_capacity(lines.len());
        for group in lines.chunks(if pipelining { PIPELINED } else { 1 }) {
            if let Err(trouble) = exchange(session, group, &mut answers, clock).await {
                return self.broken(answers, trouble);
            }
            match &answers[0] {
                answer if answer.code == 421 => return Envelope::NotTaken(not_taken(answer), Then::Stale),
                answer if !answer.is_success() => return Envelope::NotTaken(not_taken(answer), Then::Reset),
                _ => {}
            }
        }
        let data = pipelining.then(|| answers.pop()).flatten();
        Envelope::Recipients(self.asked(answers), data)
    }

    /// The session ended after these answers, of which the first is about the sender.
    fn broken(&self, answers: Vec<Reply>, trouble: Trouble) -> Envelope {
        match answers.first() {
            None => Envelope::NotTaken(failed(&trouble), Then::Stale),
            Some(answer) if answer.code == 421 => Envelope::NotTaken(not_taken(answer), Then::Stale),
            Some(answer) if !answer.is_success() => Envelope::NotTaken(not_taken(answer), Then::Drop),
            Some(_) => Envelope::Broken(self.asked(answers), trouble),
        }
    }

    /// The recipients with their answers, as far as there are any; the first answer is about the sender.
    fn asked(&self, answers: Vec<Reply>) -> Asked {
        self.draft.recipients.iter().map(ToString::to_string).zip(answers.into_iter().skip(1)).collect()
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
                clock.within(Step::Piece, pieces.next()).await.map_err(|late| lost(late.to_string()))?
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

/// Says commands together, and collects their answers. A 421 to the first is the end of the session.
async fn exchange(
    session: &mut Session,
    group: &[&str],
    answers: &mut Vec<Reply>,
    clock: &Clock,
) -> Result<(), Trouble> {
    session.say(at(answers), &group.concat(), clock).await?;
    for _ in group {
        let answer = session.answer(at(answers), clock).await?;
        answers.push(answer);
        if answers.len() == 1 && answers[0].code == 421 {
            break;
        }
    }
    Ok(())
}

fn at(answers: &[Reply]) -> &'static str {
    if answers.is_empty() { "MAIL FROM" } else { "RCPT TO" }
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
