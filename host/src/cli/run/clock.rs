//! What time it is, and how times and durations are written for people.

use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;
use time::UtcDateTime;

/// Beyond all builds, in place of no limit; a moment so far off can still be reckoned with.
pub(super) const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Whole seconds since 1970.
pub(super) fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Now, as RFC 3339 has it: `2026-11-21T02:55:50.123Z`.
pub(super) fn stamp() -> String {
    let now = UtcDateTime::now();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        now.year(),
        u8::from(now.month()),
        now.day(),
        now.hour(),
        now.minute(),
        now.second(),
        now.millisecond()
    )
}

/// `0.4 s`, `12 s`, `3m 07s`, `2h 05m`.
pub(super) fn lasting(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        let check = |millis, text: &str| assert_eq!(lasting(Duration::from_millis(millis)), text);
        check(400, "0.4 s");
        check(12_900, "12 s");
        check(187_000, "3m 07s");
        check(7_500_000, "2h 05m");
        assert_eq!(stamp().len(), "2026-11-21T02:55:50.123Z".len());
    }
}
