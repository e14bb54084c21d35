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

/// How long something is ago or took, in seconds, as people say it: `a moment`, `12 seconds`, `an hour`, `3 days`.
#[must_use]
pub fn fuzzy_text(seconds: Timestamp) -> String {
    let tens = |count: u64| (count + 5) / 10 * 10;
    let (minutes, hours) = ((seconds + 30) / 60, (seconds + 1_800) / 3_600);
    match seconds {
        0 | 1 => String::from("a moment"),
        2..20 => format!("{seconds} seconds"),
        20..55 => format!("{} seconds", tens(seconds)),
        55..90 => String::from("a minute"),
        90..1_170 => format!("{minutes} minutes"),
        1_170..3_270 => format!("{} minutes", tens(minutes)),
        3_270..5_400 => String::from("an hour"),
        5_400..127_800 => format!("{hours} hours"),
        _ => days_text((seconds + 43_200) / 86_400),
    }
}

fn days_text(days: u64) -> String {
    match (days, days * 2 / 61, days / 365) {
        (0 | 1, ..) => String::from("a day"),
        (2..31, ..) => format!("{days} days"),
        (_, 0 | 1, _) => String::from("a month"),
        (_, months, 0) => format!("{months} months"),
        (_, _, 1) => String::from("a year"),
        (_, _, years) => format!("{years} years"),
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
    fn about_how_long() {
        let told = [1, 19, 34, 55, 89, 150, 1_600, 3_300, 7_300, 100_000, 130_000, 864_000].map(fuzzy_text);
        let first = ["a moment", "19 seconds", "30 seconds", "a minute", "a minute", "3 minutes", "30 minutes"];
        assert_eq!(told[..7], first);
        assert_eq!(told[7..], ["an hour", "2 hours", "28 hours", "2 days", "10 days"]);
        let long = [40, 70, 400, 800].map(|days| fuzzy_text(days * 86_400));
        assert_eq!(long, ["a month", "2 months", "a year", "2 years"]);
    }

    #[test]
    fn moments() {
        assert_eq!(clock_text(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(clock_text(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(clock_text(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(clock_text(1_735_689_599), "2024-12-31 23:59:59 UTC");
    }
}
