//! When each recorded call is played: in the order and the rhythm of the day, without its waiting.

use super::recording::Call;
use std::time::Duration;

#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// Pauses longer than this are cut to it.
    pub(super) longest_pause: Duration,
    /// So many times as fast.
    pub(super) factor: f64,
}

impl Pace {
    /// The moment of each call, from the start.
    pub(super) fn moments(self, calls: &[Call]) -> Vec<Duration> {
        let mut before = 0.0;
        let mut moment = Duration::ZERO;
        let mut moments = Vec::with_capacity(calls.len());
        for call in calls {
            let pause = Duration::try_from_secs_f64(call.at - before).unwrap_or_default();
            moment += pause.min(self.longest_pause).div_f64(self.factor);
            before = call.at;
            moments.push(moment);
        }
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    fn check(at: &[f64], factor: f64, moments: &[u64]) {
        let call = |at: &f64| Call { at: *at, method: String::new(), params: Map::new(), save: None };
        let calls: Vec<_> = at.iter().map(call).collect();
        let pace = Pace { longest_pause: Duration::from_millis(500), factor };
        let played: Vec<_> = pace.moments(&calls).iter().map(|moment| moment.as_millis()).collect();
        assert_eq!(played, moments.iter().map(|&moment| u128::from(moment)).collect::<Vec<_>>());
    }

    #[test]
    fn waiting_is_cut_and_rhythm_is_kept() {
        check(&[0.0, 0.25, 60.0, 60.125], 1.0, &[0, 250, 750, 875]);
        check(&[0.0, 0.25, 60.0], 2.0, &[0, 125, 375]);
        check(&[1.0, 0.5], 1.0, &[500, 500]);
    }
}
