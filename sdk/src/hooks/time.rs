//! Times as forges write them. (Not a crate: one format, whose parts are numbers.)

use crate::contract::Timestamp;

/// The moment that a text names, such as `2026-11-20T14:05:09+01:00`: a blank may stand for the `T`, `UTC` or `Z` for no
/// offset, a part of a second is dropped. Nothing where it is no time, or one before 1970.
#[must_use]
pub fn timestamp(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (time, zone) = rest.split_at_checked(8)?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Timestamp::try_from(seconds - offset(without_fraction(zone))?).ok()
}

fn numbers(text: &str, between: char) -> Option<[i64; 3]> {
    let mut parts = text.split(between).map(|part| {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<i64>().ok()).flatten()
    });
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

fn without_fraction(zone: &str) -> &str {
    let fraction = zone.strip_prefix(['.', ',']);
    fraction.map_or(zone, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit())).trim()
}

/// In seconds; without one it is UTC.
fn offset(zone: &str) -> Option<i64> {
    if ["", "Z", "z", "UTC", "GMT"].contains(&zone) {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone.strip_prefix(['+', '-'])?.chars().filter(|c| *c != ':').collect();
    let is_offset = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = is_offset.then(|| digits.parse().ok()).flatten()?;
    Some(sign * (number / 100 * 3_600 + number % 100 * 60))
}

/// Since 1970, in the calendar of today.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that a leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock_text;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(timestamp(text).map(clock_text).as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn as_forges_write_them() {
        check("2026-11-20T14:05:09Z", "2026-11-20 14:05:09 UTC");
        check("2026-11-20T14:05:09+01:00", "2026-11-20 13:05:09 UTC");
        check("2024-02-29T23:30:00-0100", "2024-03-01 00:30:00 UTC");
        check("2012-05-30 03:58:56+00:00", "2012-05-30 03:58:56 UTC");
        check("2023-02-17 20:31:36 UTC", "2023-02-17 20:31:36 UTC");
        check("2019-05-15T15:20:30.123456+02:00", "2019-05-15 13:20:30 UTC");
        check("1970-01-01T00:00:00", "1970-01-01 00:00:00 UTC");
    }

    #[test]
    fn what_is_no_time() {
        for wrong in
            ["", "yesterday", "2026-11-20", "2026-13-20T14:05:09Z", "2026-11-20T14:05:09+1", "1969-12-31T23:59:59Z"]
        {
            assert_eq!(timestamp(wrong), None, "{wrong}");
        }
    }
}
