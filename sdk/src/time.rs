//! Times as people read them.

use crate::contract::Timestamp;

/// A moment in UTC, such as `2026-11-20 14:05:09 UTC`. (Not a crate: this is all of the calendar that is needed.)
#[must_use]
pub fn clock_text(at: Timestamp) -> String {
    let (day, second) = (at / 86_400, at % 86_400);
    // Days since 0000-03-01, in eras of 400 years, so that a leap day is the last day of its year.
    let days = day + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let date = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// How long something took, in seconds, as Buildbot says it: `0m 9s`, `1h 2m 3s`, `2 days 1h 2m 3s`.
#[must_use]
pub fn duration_text(seconds: Timestamp) -> String {
    let (days, hours, minutes, rest) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}m {rest}s"),
        (0, _) => format!("{hours}h {minutes}m {rest}s"),
        _ => format!("{days} day{} {hours}h {minutes}m {rest}s", if days == 1 { "" } else { "s" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let told = [9, 61, 3_600, 86_400, 180_061].map(duration_text);
        assert_eq!(told, ["0m 9s", "1m 1s", "1h 0m 0s", "1 day 0h 0m 0s", "2 days 2h 1m 1s"]);
    }

    #[test]
    fn moments() {
        assert_eq!(clock_text(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(clock_text(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(clock_text(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(clock_text(1_735_689_599), "2024-12-31 23:59:59 UTC");
    }
}
