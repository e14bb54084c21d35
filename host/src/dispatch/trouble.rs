//! What a failed call means: passed over for good, or made again and when. Pure rules.

use super::backoff::Schedule;
use crate::model::Effect;
use crate::model::Failure;
use crate::plugin::CallError;

/// How often a call is made that crashed or used up its budget: the machine may have been busy, the data may change.
const CRASH_TRIES: i64 = 3;

/// How often a call is made that the host could not make.
const HOST_TRIES: i64 = 100;

/// The longest wait for the host's own trouble, in milliseconds.
const LONGEST_HOST_WAIT: i64 = 60_000;

/// A call that has to be made again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// What the call is for.
    pub(super) id: String,
    pub(super) reason: String,
    /// Whether it is the host's trouble, which passes sooner than what a plugin waits for.
    host: bool,
}

#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Effects(Vec<Effect>),
    Held(Held),
    PassOver { kind: &'static str, reason: String },
}

impl Held {
    pub(super) fn host(id: String, reason: String) -> Self {
        Self { id, reason, host: true }
    }

    /// How long to wait after so many tries, in milliseconds.
    pub(super) fn wait(&self, tries: i64, schedule: &Schedule, chance: f64) -> i64 {
        if self.host {
            let doublings = u32::try_from(tries.clamp(1, 10) - 1).unwrap_or(0);
            return (1000_i64 << doublings).min(LONGEST_HOST_WAIT);
        }
        schedule.wait(tries, chance).unwrap_or(LONGEST_HOST_WAIT)
    }
}

/// What comes of a call that was made `tries` times, with this one.
pub(super) fn judge(
    outcome: Result<Result<Vec<Effect>, Failure>, CallError>,
    (id, tries): (&str, i64),
    schedule: &Schedule,
) -> Verdict {
    let again = |reason, host| Verdict::Held(Held { id: id.to_owned(), reason, host });
    match outcome {
        Ok(Ok(effects)) => Verdict::Effects(effects),
        Ok(Err(Failure::GiveUp(reason))) => Verdict::PassOver { kind: "give_up", reason },
        Ok(Err(Failure::Retry(reason))) => match schedule.wait(tries, 0.0) {
            Some(_) => again(format!("the plugin asks for another try: {reason}"), false),
            None => Verdict::PassOver { kind: "given_up", reason: format!("tried {tries} times: {reason}") },
        },
        Err(error) => {
            let (most, host) = match error {
                CallError::Host(_) | CallError::PoolExhausted => (HOST_TRIES, true),
                CallError::Refused(_) => (1, false),
                CallError::Trap { .. }
                | CallError::CpuBudget { .. }
                | CallError::WallClock { .. }
                | CallError::Memory { .. } => (CRASH_TRIES, false),
            };
            match tries < most {
                true => again(error.to_string(), host),
                false => Verdict::PassOver { kind: kind(&error), reason: error.to_string() },
            }
        }
    }
}

/// The word for an incident.
fn kind(error: &CallError) -> &'static str {
    match error {
        CallError::Trap { .. } => "trap",
        CallError::CpuBudget { .. } | CallError::WallClock { .. } => "timeout",
        CallError::Memory { .. } => "memory",
        CallError::Refused(_) => "refused",
        CallError::Host(_) | CallError::PoolExhausted => "host",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(outcome: Result<Result<Vec<Effect>, Failure>, CallError>, tries: i64) -> String {
        match judge(outcome, ("7", tries), &Schedule::usual()) {
            Verdict::Effects(_) => "effects".to_owned(),
            Verdict::Held(held) => format!("held {}", held.wait(tries, &Schedule::usual(), 0.0)),
            Verdict::PassOver { kind, .. } => kind.to_owned(),
        }
    }

    #[test]
    fn what_may_pass_is_tried_again_for_a_while() {
        let retry = || Ok(Err(Failure::Retry("later".to_owned())));
        let loops = || Err(CallError::CpuBudget { limit_ms: 1 });
        let check = |outcome, tries, expected: &str| assert_eq!(judged(outcome, tries), expected);
        check(Ok(Ok(Vec::new())), 1, "effects");
        check(Ok(Err(Failure::GiveUp("no".to_owned()))), 1, "give_up");
        check(retry(), 1, "held 6000");
        check(retry(), 2, "held 31000");
        check(retry(), 13, "given_up");
        check(loops(), 1, "held 6000");
        check(loops(), 2, "held 31000");
        check(loops(), 3, "timeout");
        check(Err(CallError::Refused("odd".to_owned())), 1, "refused");
        check(Err(CallError::PoolExhausted), 10, "held 60000");
        check(Err(CallError::PoolExhausted), 100, "host");
    }
}
