//! What a relay said of each recipient, and what that makes of the attempt. Pure rules.

use super::outcome::Sent;
use super::smtp_reply::Reply;
use super::smtp_reply::Trouble;
use crate::model::AttemptOutcome;
use crate::model::Recipient;
use crate::model::RecipientOutcome;

/// So many are named in a reason; each stands with the delivery.
const MOST_NAMED: usize = 10;

/// What is kept of an answer about one recipient.
const MAX_SAID_CHARS: usize = 500;

/// A 552 about a recipient means too many of them, and 452 should have been said (RFC 5321, 4.5.3.1.10).
const TOO_MANY: u16 = 552;

/// How the mail itself ended for those recipients that were welcome.
#[derive(Debug)]
pub(super) enum End {
    /// There was none, so no mail was sent.
    Nobody,
    Taken(Reply),
    NotTaken(Reply),
    /// All was sent, and no answer came.
    Silent(Trouble),
    /// The session broke before all was sent, so nothing arrived; what the relay said of recipients till then counts.
    Broken(Trouble, Unasked),
}

/// The recipients about whom the relay said nothing.
pub(super) type Unasked = Vec<String>;

/// The recipients that the relay was not asked about.
#[derive(Clone, Debug, Default)]
pub(super) struct Besides {
    /// That are no addresses, with why.
    pub(super) dropped: Vec<(String, String)>,
    /// Whom an earlier attempt settled.
    pub(super) earlier: Vec<Recipient>,
}

pub(super) fn judge(asked: &[(String, Reply)], end: &End, besides: &Besides) -> Sent {
    let mut recipients: Vec<Recipient> = asked.iter().map(|(address, reply)| about(address, reply, end)).collect();
    recipients.extend(besides.dropped.iter().map(|(text, why)| Recipient {
        address: text.clone(),
        outcome: RecipientOutcome::Refused,
        status: None,
        answer: cut(why),
    }));
    if let End::Broken(trouble, unasked) = end {
        recipients.extend(unasked.iter().map(|address| without_answer(address, RecipientOutcome::Deferred, trouble)));
    }
    let outcome = outcome(&recipients);
    let unwelcome = asked.iter().map(|(_, reply)| reply).filter(|reply| !reply.is_success());
    let mildest = || unwelcome.min_by_key(|reply| reply.code);
    let answer = match end {
        End::Taken(reply) | End::NotTaken(reply) => Some(reply),
        End::Nobody | End::Broken(..) => mildest(),
        End::Silent(_) => None,
    };
    let mut sent =
        Sent::new(outcome, answer.map(|reply| reply.code), answer.map(ToString::to_string).unwrap_or_default());
    let reasons = reasons(&recipients, (asked, end), besides);
    if !reasons.is_empty() {
        sent = sent.with_reason(reasons.join("; "));
    }
    let alike = asked.iter().all(|(_, reply)| reply.is_success()) && besides.is_empty();
    if !alike {
        sent.recipients = recipients;
    }
    sent
}

/// Whether trying again cannot help. What is about the login, people mend.
pub(super) fn is_lasting(reply: &Reply) -> bool {
    reply.is_permanent() && !reply.is_about_login()
}

impl Besides {
    fn is_empty(&self) -> bool {
        self.dropped.is_empty() && self.earlier.is_empty()
    }
}

fn about(address: &str, reply: &Reply, end: &End) -> Recipient {
    let by = |reply: &Reply, outcome| Recipient {
        address: address.to_owned(),
        outcome,
        status: Some(reply.code),
        answer: cut(&reply.text),
    };
    let worse = |lasting| if lasting { RecipientOutcome::Refused } else { RecipientOutcome::Deferred };
    match end {
        _ if !reply.is_success() => by(reply, worse(is_lasting(reply) && reply.code != TOO_MANY)),
        End::Taken(reply) => by(reply, RecipientOutcome::Accepted),
        End::NotTaken(reply) => by(reply, worse(is_lasting(reply))),
        End::Silent(trouble) => without_answer(address, RecipientOutcome::Unknown, trouble),
        End::Broken(trouble, _) => without_answer(address, RecipientOutcome::Deferred, trouble),
        // Welcome, and yet no mail was sent.
        End::Nobody => by(reply, RecipientOutcome::Deferred),
    }
}

fn without_answer(address: &str, outcome: RecipientOutcome, trouble: &Trouble) -> Recipient {
    Recipient { address: address.to_owned(), outcome, status: None, answer: cut(&trouble.to_string()) }
}

fn outcome(recipients: &[Recipient]) -> AttemptOutcome {
    let any = |outcome| recipients.iter().any(|recipient| recipient.outcome == outcome);
    match (any(RecipientOutcome::Accepted), any(RecipientOutcome::Deferred)) {
        _ if any(RecipientOutcome::Unknown) => AttemptOutcome::Unknown,
        (true, true) => AttemptOutcome::Partly,
        (true, false) => AttemptOutcome::Done,
        (false, true) => AttemptOutcome::Failed,
        (false, false) => AttemptOutcome::Refused,
    }
}

/// "refused for a@example.org: 550 no such user; …"
fn reasons(recipients: &[Recipient], (asked, end): (&[(String, Reply)], &End), besides: &Besides) -> Vec<String> {
    let whole = match end {
        End::NotTaken(reply) => Some(format!("the mail was not taken: {reply}")),
        End::Silent(trouble) | End::Broken(trouble, _) => Some(trouble.to_string()),
        End::Nobody | End::Taken(_) => None,
    };
    // Those about whom the reason of the whole says nothing.
    let unwelcome = asked.iter().zip(recipients).filter(|((_, reply), _)| !reply.is_success()).map(|(_, one)| one);
    let dropped = recipients.iter().skip(asked.len()).take(besides.dropped.len());
    let earlier = besides.earlier.iter().filter(|one| one.outcome == RecipientOutcome::Refused);
    let earlier = earlier.filter(|one| recipients.iter().all(|new| new.address != one.address));
    let named: Vec<&Recipient> = unwelcome.chain(dropped).chain(earlier).collect();
    let more = named.len().saturating_sub(MOST_NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    whole.into_iter().chain(named.into_iter().take(MOST_NAMED).map(words)).chain(more).collect()
}

fn words(Recipient { address, outcome, status, answer }: &Recipient) -> String {
    let verb = match outcome {
        RecipientOutcome::Refused => "refused for",
        RecipientOutcome::Deferred => "put off for",
        RecipientOutcome::Accepted => "taken for",
        RecipientOutcome::Unknown => "unknown for",
    };
    let code = status.map(|code| format!("{code} ")).unwrap_or_default();
    format!("{verb} {address}: {code}{answer}")
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_SAID_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16) -> Reply {
        Reply { code, text: "x".to_owned() }
    }

    #[track_caller]
    fn check(asked: &[u16], end: &End, outcome: AttemptOutcome, expected: &str) {
        let asked: Vec<(String, Reply)> =
            asked.iter().zip('a'..).map(|(code, name)| (name.to_string(), reply(*code))).collect();
        let sent = judge(&asked, end, &Besides::default());
        let shown = sent.recipients.iter().map(|one| format!("{} {}", one.address, one.outcome.name()));
        assert_eq!((sent.outcome, shown.collect::<Vec<_>>().join(", ").as_str()), (outcome, expected));
    }

    #[test]
    fn an_attempt_is_what_its_recipients_are() {
        use AttemptOutcome::*;
        let taken = || End::Taken(reply(250));
        check(&[250, 251], &taken(), Done, "");
        check(&[250, 550], &taken(), Done, "a accepted, b refused");
        check(&[250, 450, 550], &taken(), Partly, "a accepted, b deferred, c refused");
        check(&[450, 550], &End::Nobody, Failed, "a deferred, b refused");
        check(&[552, 530], &End::Nobody, Failed, "a deferred, b deferred");
        check(&[550, 551], &End::Nobody, Refused, "a refused, b refused");
        check(&[250, 550], &End::NotTaken(reply(451)), Failed, "a deferred, b refused");
        check(&[250, 450], &End::NotTaken(reply(554)), Failed, "a refused, b deferred");
        check(&[250, 250], &End::NotTaken(reply(554)), Refused, "");
        let silent = || End::Silent(Trouble::Lost { at: "the end of the mail", why: "x".to_owned() });
        check(&[250, 450, 550], &silent(), Unknown, "a unknown, b deferred, c refused");
        check(&[250], &silent(), Unknown, "");
        let broken = || End::Broken(Trouble::Lost { at: "RCPT TO", why: "x".to_owned() }, vec!["z".to_owned()]);
        check(&[250, 550, 421], &broken(), Failed, "a deferred, b refused, c deferred, z deferred");
        check(&[250], &broken(), Failed, "");
    }

    #[test]
    fn only_some_are_named_in_a_reason() {
        let asked: Vec<(String, Reply)> = (0..13).map(|n| (format!("u{n}"), reply(550))).collect();
        let besides = Besides { dropped: vec![("x".into(), "no address".into())], ..Besides::default() };
        let reason = judge(&asked, &End::Nobody, &besides).reason.unwrap();
        assert!(
            reason.starts_with("refused for u0: 550 x; refused for u1") && reason.ends_with("u9: 550 x; and 4 more")
        );
    }
}
