//! Mail: one delivery is one mail to all its recipients.
//!
//! A relay may refuse some recipients. The mail then goes to the others, the delivery is done, and its reason lists
//! who was refused; only when nobody was accepted does it fail (if a relay may still change its mind) or is refused.
//! Trying again for single recipients comes with the mail issue.
//!
//! Invariant: `Unknown` is said from the moment the end of the mail was handed to the network until its answer, and
//! never before.

use super::deadlines::Clock;
use super::deadlines::Step;
use super::link::Network;
use super::mail_message::Draft;
use super::outcome::Sent;
use super::pool::Idle;
use super::pool::MAX_IDLE;
use super::pool::Pool;
use super::smtp_reply::Offers;
use super::smtp_reply::Reply;
use super::smtp_reply::Trouble;
use super::smtp_session::Relay;
use super::smtp_session::Session;
use super::transports::Try;
use crate::model::AttemptOutcome;
use crate::model::Mail;
use lettre::Address;

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
        if let Some(mut session) = self.idle.take(&relay) {
            let mail = Transaction::of(&draft, session.offers)?;
            let ended = mail.over(&mut session, &this.clock).await;
            // If the relay had enough of it, nothing was sent: a fresh connection will tell.
            if !is_stale(&ended) {
                self.give_back(relay, session, &ended).await;
                return Ok(mail.verdict(ended));
            }
        }
        let opened = Session::open(&self.network, &relay, &self.hello, &this.clock).await;
        let mut session = opened.map_err(|trouble| failed(&trouble))?;
        let mail = Transaction::of(&draft, session.offers)?;
        let ended = mail.over(&mut session, &this.clock).await;
        self.give_back(relay, session, &ended).await;
        Ok(mail.verdict(ended))
    }

    async fn give_back(&self, relay: Relay, session: Session, ended: &Result<End, Trouble>) {
        match ended {
            Ok(End::Answered { .. }) => self.idle.put(relay, session),
            Ok(End::NobodyAccepted { .. }) => session.leave().await,
            // In the middle of something: only closing is understood.
            Ok(End::Unanswered { .. }) | Err(_) => drop(session),
        }
    }
}

/// A mail for a certain relay, ready to be written.
struct Transaction {
    recipients: Vec<Address>,
    /// MAIL FROM and RCPT TO.
    envelope: Vec<String>,
    /// Dots doubled, with the end of the mail.
    content: Vec<u8>,
}

/// How far it came.
enum End {
    /// The relay has said what became of the mail.
    Answered { refused: Vec<(usize, Reply)>, answer: Reply },
    /// It would not take the sender, any recipient, or the mail.
    NobodyAccepted { refused: Vec<(usize, Reply)>, answer: Option<Reply> },
    /// All was sent, and no answer came.
    Unanswered { refused: Vec<(usize, Reply)>, trouble: Trouble },
}

impl Transaction {
    fn of(draft: &Draft, offers: Offers) -> Result<Self, Sent> {
        if draft.needs_utf8() && !offers.utf8 {
            return Err(Sent::refused(
                "an address has letters beyond ASCII before the @, which the relay does not take",
            ));
        }
        let bytes = draft.render(offers.eight_bit)?;
        let mut mail = format!("MAIL FROM:<{}>", draft.sender);
        if offers.size {
            mail.push_str(&format!(" SIZE={}", bytes.len()));
        }
        if !bytes.is_ascii() {
            mail.push_str(" BODY=8BITMIME");
        }
        if draft.needs_utf8() {
            mail.push_str(" SMTPUTF8");
        }
        mail.push_str("\r\n");
        let rcpt = draft.recipients.iter().map(|address| format!("RCPT TO:<{address}>\r\n"));
        let envelope = [mail].into_iter().chain(rcpt).collect();
        Ok(Self { recipients: draft.recipients.clone(), envelope, content: dotted(&bytes) })
    }

    /// An error means that nothing arrived.
    async fn over(&self, session: &mut Session, clock: &Clock) -> Result<End, Trouble> {
        let replies = session.commands(&self.envelope, clock).await?;
        let refused: Vec<(usize, Reply)> =
            replies[1..].iter().cloned().enumerate().filter(|(_, reply)| !reply.is_success()).collect();
        if let Some(answer) = replies.first().filter(|reply| !reply.is_success()) {
            return Ok(End::NobodyAccepted { refused: Vec::new(), answer: Some(answer.clone()) });
        }
        if refused.len() == self.recipients.len() {
            return Ok(End::NobodyAccepted { refused, answer: None });
        }
        let answer = session.command("DATA", "DATA\r\n", clock).await?;
        if answer.code != 354 {
            return Ok(End::NobodyAccepted { refused, answer: Some(answer) });
        }
        session.write("the mail", &self.content, clock).await?;
        // A relay may look at a mail for long, so only the whole exchange bounds it: asking again is a second mail.
        Ok(match session.read_for(Step::Exchange, "the end of the mail", clock).await {
            Ok(answer) => End::Answered { refused, answer },
            Err(trouble) => End::Unanswered { refused, trouble },
        })
    }

    fn verdict(&self, ended: Result<End, Trouble>) -> Sent {
        let end = match ended {
            Ok(end) => end,
            Err(trouble) => return failed(&trouble),
        };
        match end {
            End::Answered { refused, answer } if answer.is_success() => {
                let sent = Sent::new(AttemptOutcome::Done, Some(answer.code), answer.to_string());
                if refused.is_empty() { sent } else { sent.with_reason(self.list(&refused)) }
            }
            End::Answered { answer, .. } => judged(&answer, format!("the mail was not taken: {answer}")),
            End::NobodyAccepted { answer: Some(answer), .. } => {
                judged(&answer, format!("the mail was not taken: {answer}"))
            }
            End::NobodyAccepted { refused, answer: None } => {
                let milder = refused.iter().map(|(_, reply)| reply).min_by_key(|reply| reply.code);
                let reason = self.list(&refused);
                milder.map_or_else(|| Sent::failed(&reason), |reply| judged(reply, reason.clone()))
            }
            End::Unanswered { refused, trouble } => {
                let list = if refused.is_empty() { String::new() } else { format!("; {}", self.list(&refused)) };
                Sent::unknown(format!("{trouble}{list}"))
            }
        }
    }

    /// "refused for a@example.org: 550 no such user; …"
    fn list(&self, refused: &[(usize, Reply)]) -> String {
        let one = |(i, reply): &(usize, Reply)| format!("refused for {}: {reply}", self.recipients[*i]);
        refused.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

fn judged(answer: &Reply, reason: String) -> Sent {
    let lasting = answer.is_permanent() && !answer.is_about_login();
    let outcome = if lasting { AttemptOutcome::Refused } else { AttemptOutcome::Failed };
    Sent::new(outcome, Some(answer.code), answer.to_string()).with_reason(reason)
}

/// Whatever is wrong with the relay or the way there, people can mend; but a closed network only by configuring.
fn failed(trouble: &Trouble) -> Sent {
    match trouble {
        Trouble::Link(link) if link.is_closed() => Sent::refused(trouble),
        Trouble::Refused { reply, .. } => {
            Sent::new(AttemptOutcome::Failed, Some(reply.code), reply.to_string()).with_reason(trouble)
        }
        _ => Sent::failed(trouble),
    }
}

/// A pooled connection that the relay had closed, or closes now.
fn is_stale(ended: &Result<End, Trouble>) -> bool {
    match ended {
        Err(Trouble::Lost { at, .. }) => *at == "MAIL FROM",
        Ok(End::NobodyAccepted { answer: Some(answer), .. }) => answer.code == 421,
        Ok(_) | Err(_) => false,
    }
}

/// Lines that begin with a dot get another one, and the end is marked.
fn dotted(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + mail.len() / 64 + 8);
    for line in mail.split_inclusive(|&b| b == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_and_the_end_is_marked() {
        let check =
            |mail: &str, expected: &str| assert_eq!(String::from_utf8(dotted(mail.as_bytes())).unwrap(), expected);
        check("", "\r\n.\r\n");
        check("a", "a\r\n.\r\n");
        check("a\r\n", "a\r\n.\r\n");
        check(".\r\n..a\r\nb.\r\n", "..\r\n...a\r\nb.\r\n.\r\n");
    }
}
