//! What is dropped because more comes than is taken: one word about each burst of it, not about each line. Pure rules.

use crate::model::Millis;

/// A burst is over when nothing was dropped for so long, in milliseconds.
const QUIET: i64 = 60_000;

/// When something was dropped last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drops {
    last: Option<Millis>,
}

impl Drops {
    /// Something is dropped; tells whether that is the beginning of a burst.
    pub fn begins(&mut self, now: Millis) -> bool {
        let begins = self.last.is_none_or(|last| now.0.saturating_sub(last.0) >= QUIET);
        self.last = Some(now);
        begins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_about_each_burst() {
        let mut drops = Drops::default();
        let told: Vec<bool> = [0, 1, 30_000, 89_999, 149_999].map(|at| drops.begins(Millis(at))).into();
        assert_eq!(told, [true, false, false, false, true]);
    }
}
