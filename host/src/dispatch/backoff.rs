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

/// When a delivery is tried: the milliseconds to wait before the first try, the second, and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(pub Vec<i64>);

impl Schedule {
    /// 13 tries over 75.7 hours.
    pub fn usual() -> Self {
        let minutes = [2, 10, 30, 60, 120, 240, 480, 720, 1440, 1440].map(|minutes: i64| minutes * 60_000);
        Self([0, 5_000, 30_000].into_iter().chain(minutes).collect())
    }

    /// The wait after so many tries, or nothing when that was the last. `chance` is from 0 to 1.
    pub fn wait(&self, tries: i64, chance: f64) -> Option<i64> {
        let base = *self.0.get(usize::try_from(tries).unwrap_or(usize::MAX))?;
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
            Some(state) => again(after, schedule, state),
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
            somebody_has_it: false,
            now: Millis(0),
            not_before,
            chance: 0.5,
        };
        let next = next(after, &Schedule::usual());
        assert_eq!((next.state, next.due_at, next.counts), (DeliveryState::Ready, Millis(3_600_000), false));
    }
}
