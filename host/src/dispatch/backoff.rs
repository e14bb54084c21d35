//! What becomes of a delivery after an attempt, and when it is tried again. Pure rules.

use crate::model::AttemptOutcome;
use crate::model::DeliveryState;
use crate::model::Message;
use crate::model::Millis;
use crate::model::Resend;

/// The longest addition by chance, in milliseconds.
const MOST_JITTER: i64 = 15 * 60 * 1000;

/// The shortest addition by chance, where one fits.
const LEAST_JITTER: i64 = 1000;

/// From a command whose end nobody knows to the first question about it, in milliseconds, without what chance adds: as
/// much again at most. On the far side it may go on without us, and what is not there yet would be sent twice.
const BEFORE_QUESTION: i64 = 60_000;

/// When a delivery is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The milliseconds to wait before the first try, the second, and so on.
    pub waits: Vec<i64>,
    /// The milliseconds, at least, between a command that was given up and the first question about it.
    pub before_question: i64,
}

impl Schedule {
    /// 13 tries over 75.7 hours.
    pub fn usual() -> Self {
        let minutes = [2, 10, 30, 60, 120, 240, 480, 720, 1440, 1440].map(|minutes: i64| minutes * 60_000);
        let waits = [0, 5_000, 30_000].into_iter().chain(minutes).collect();
        Self { waits, before_question: BEFORE_QUESTION }
    }

    /// The wait after so many tries, or nothing when that was the last. `chance` is from 0 to 1.
    pub fn wait(&self, tries: i64, chance: f64) -> Option<i64> {
        let base = *self.waits.get(usize::try_from(tries).unwrap_or(usize::MAX))?;
        let most = (base / 5).min(MOST_JITTER);
        let least = LEAST_JITTER.min(most);
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a share of minutes")]
        let jitter = least + ((most - least) as f64 * chance) as i64;
        Some(base + jitter)
    }
}

/// What is known after an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct After<'a> {
    pub(super) outcome: AttemptOutcome,
    pub(super) message: &'a Message,
    pub(super) resend: &'a Resend,
    /// With this one.
    pub(super) tries: i64,
    /// The attempt was a question after an earlier one.
    pub(super) asked: bool,
    /// An earlier attempt reached some recipients of the mail.
    pub(super) somebody_has_it: bool,
    pub(super) now: Millis,
    /// The destination asked to be left alone until then.
    pub(super) not_before: Option<Millis>,
    /// From 0 to 1.
    pub(super) chance: f64,
}

/// What the delivery becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) state: DeliveryState,
    pub(super) due_at: Millis,
    /// Whether the attempt uses up a try.
    pub(super) counts: bool,
    /// What to say when the attempt's own reason does not say it.
    pub(super) because: Option<String>,
}

pub(super) fn next(after: After<'_>, schedule: &Schedule) -> Next {
    let settled = |state| Next { state, due_at: after.now, counts: true, because: None };
    match after.outcome {
        AttemptOutcome::Done | AttemptOutcome::ProbeFound => settled(DeliveryState::Delivered),
        AttemptOutcome::Refused if after.somebody_has_it => settled(DeliveryState::Delivered),
        AttemptOutcome::Refused => settled(DeliveryState::Dead),
        AttemptOutcome::ProbeAbsent => {
            Next { state: DeliveryState::Ready, due_at: after.now, counts: false, because: None }
        }
        AttemptOutcome::Failed | AttemptOutcome::Partly => again(after, schedule, DeliveryState::Ready),
        AttemptOutcome::Unknown => match unknown(after.resend, after.message) {
            Some(state) => {
                let next = again(after, schedule, state);
                Next { due_at: next.due_at.max(after.now.plus(quiet(after, schedule))), ..next }
            }
            None => Next { because: Some(MAYBE_ARRIVED.to_owned()), ..settled(DeliveryState::Dead) },
        },
    }
}

/// Why a message is not sent again that may have arrived.
const MAYBE_ARRIVED: &str =
    "nobody knows whether it arrived, and it must not arrive twice; `campanile delivery retry` sends it again";

/// As what a delivery goes on of which nobody knows whether it arrived; nothing if it must not.
fn unknown(resend: &Resend, message: &Message) -> Option<DeliveryState> {
    match (resend, message) {
        (Resend::Upsert, _) => Some(DeliveryState::Ready),
        (Resend::Probe(_), _) => Some(DeliveryState::Unknown),
        // With the same Message-ID.
        (Resend::Blind, Message::Mail(_)) => Some(DeliveryState::Ready),
        (Resend::Blind, Message::Http(_) | Message::Ssh(_) | Message::Irc(_) | Message::Other(_)) => None,
    }
}

/// For how long a delivery is left alone, at least, of which nobody knows whether it arrived.
pub(super) fn quiet(after: After<'_>, schedule: &Schedule) -> i64 {
    match (after.message, after.resend) {
        (Message::Ssh(_), Resend::Probe(_)) if !after.asked => {
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a share of minutes")]
            let more = (schedule.before_question as f64 * after.chance) as i64;
            schedule.before_question + more
        }
        _ => 0,
    }
}

fn again(after: After<'_>, schedule: &Schedule, state: DeliveryState) -> Next {
    if let Some(until) = after.not_before.filter(|until| *until > after.now) {
        return Next { state, due_at: until, counts: false, because: None };
    }
    match schedule.wait(after.tries, after.chance) {
        Some(wait) => Next { state, due_at: after.now.plus(wait), counts: true, because: None },
        None => Next {
            state: DeliveryState::Dead,
            due_at: after.now,
            counts: true,
            because: Some(format!("given up after {} tries", after.tries)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HttpRequest;
    use crate::model::IrcAction;
    use crate::model::IrcVerb;
    use crate::model::Marker;
    use crate::model::Probe;
    use crate::model::SshCommand;
    use crate::model::Text;

    fn http() -> Message {
        Message::Http(HttpRequest::new("POST", Text::literal("https://example.org/")))
    }

    fn irc() -> Message {
        let (connection, target, text) = ("c".to_owned(), "#c".to_owned(), "t".to_owned());
        Message::Irc(IrcAction { connection, verb: IrcVerb::Say, target, text })
    }

    fn check(outcome: AttemptOutcome, message: &Message, resend: &Resend, tries: i64) -> (DeliveryState, i64) {
        let after = After {
            outcome,
            message,
            resend,
            tries,
            asked: false,
            somebody_has_it: false,
            now: Millis(0),
            not_before: None,
            chance: 0.0,
        };
        let next = next(after, &Schedule::usual());
        (next.state, next.due_at.0)
    }

    #[test]
    fn failures_follow_the_schedule_to_its_end() {
        let waits: Vec<i64> =
            (1..13).map(|n| check(AttemptOutcome::Failed, &http(), &Resend::Upsert, n).1 / 1000).collect();
        assert_eq!(waits, [6, 31, 121, 601, 1801, 3601, 7201, 14401, 28801, 43201, 86401, 86401]);
        assert_eq!(check(AttemptOutcome::Failed, &http(), &Resend::Upsert, 13).0, DeliveryState::Dead);
    }

    #[test]
    fn jitter_only_adds_and_is_bounded() {
        let schedule = Schedule::usual();
        assert_eq!(schedule.wait(1, 0.0), Some(6_000));
        assert_eq!(schedule.wait(1, 1.0), Some(6_000));
        assert_eq!(schedule.wait(3, 1.0), Some(144_000));
        assert_eq!(schedule.wait(12, 1.0), Some(86_400_000 + MOST_JITTER));
    }

    #[test]
    fn what_may_have_arrived_goes_on_by_its_class() {
        let unknown = |message: &Message, resend: &Resend| check(AttemptOutcome::Unknown, message, resend, 1).0;
        assert_eq!(unknown(&http(), &Resend::Upsert), DeliveryState::Ready);
        assert_eq!(unknown(&irc(), &Resend::Blind), DeliveryState::Dead);
        assert_eq!(unknown(&http(), &Resend::Blind), DeliveryState::Dead);
    }

    #[test]
    fn retry_after_is_kept_in_full_and_uses_up_no_try() {
        let (message, resend) = (http(), Resend::Upsert);
        let not_before = Some(Millis(3_600_000));
        let outcome = AttemptOutcome::Failed;
        let after = After {
            outcome,
            message: &message,
            resend: &resend,
            tries: 13,
            asked: false,
            somebody_has_it: false,
            now: Millis(0),
            not_before,
            chance: 0.5,
        };
        let next = next(after, &Schedule::usual());
        assert_eq!((next.state, next.due_at, next.counts), (DeliveryState::Ready, Millis(3_600_000), false));
    }

    fn command() -> Message {
        let (host, user) = ("gerrit".to_owned(), "ci".to_owned());
        Message::Ssh(SshCommand { host, port: 29_418, user, identity: None, command: Vec::new(), read: None })
    }

    #[test]
    fn a_command_that_was_given_up_is_asked_for_when_the_far_side_has_surely_ended_it() {
        let marker = Marker::Letters("m".to_owned());
        let probe = Resend::Probe(Box::new(Probe { ask: command(), marker, whole: None }));
        let due = |message: &Message, resend: &Resend, (tries, asked, chance)| {
            let (outcome, now) = (AttemptOutcome::Unknown, Millis(0));
            let (somebody_has_it, not_before) = (false, None);
            let after = After { outcome, message, resend, tries, asked, somebody_has_it, now, not_before, chance };
            let next = next(after, &Schedule::usual());
            (next.state, next.due_at.0)
        };
        assert_eq!(due(&command(), &probe, (1, false, 0.0)), (DeliveryState::Unknown, 60_000));
        assert_eq!(due(&command(), &probe, (1, false, 1.0)), (DeliveryState::Unknown, 120_000));
        assert_eq!(due(&command(), &probe, (4, false, 0.0)).1, 601_000, "no sooner than any other");
        assert_eq!(due(&command(), &probe, (1, true, 0.0)).1, 6_000, "it was asked for before");
        assert_eq!(due(&http(), &probe, (1, false, 0.0)).1, 6_000);
        assert_eq!(due(&command(), &Resend::Upsert, (1, false, 0.0)), (DeliveryState::Ready, 6_000));
    }
}
