//! What an HTTP answer means for a delivery.

use super::outcome::Sent;
use crate::model::AttemptOutcome;
use crate::model::Millis;
use http::HeaderMap;
use http::StatusCode;
use http::header;
use std::time::SystemTime;

/// The longest that another side may keep us waiting.
const MAX_WAIT_MS: i64 = 24 * 60 * 60 * 1000;

/// How much of an answer's body was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    /// It was cut, broke off, or did not come in time.
    Part,
}

/// Judges status and headers; the answer is for people and for receipts.
pub(super) fn judge(status: StatusCode, headers: &HeaderMap, now: Millis, answer: String) -> Sent {
    let outcome = match status.as_u16() {
        200..=299 => AttemptOutcome::Done,
        // People renew tokens, and create what was not there.
        401 | 403 | 404 => AttemptOutcome::Failed,
        408 | 425 | 429 | 500..=599 => AttemptOutcome::Failed,
        _ => AttemptOutcome::Refused,
    };
    let mut sent = Sent::new(outcome, Some(status.as_u16()), answer);
    if outcome != AttemptOutcome::Done {
        let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
        sent.reason = Some(match location {
            Some(location) if status.is_redirection() => {
                format!("answered {status}: redirects are not followed, this one goes to {location}")
            }
            _ => format!("answered {status}"),
        });
    }
    if outcome == AttemptOutcome::Failed {
        sent.not_before = retry_after(headers, now).or_else(|| rate_limit_reset(headers, now));
    }
    sent
}

/// What a judged answer says of an earlier message. What may stand in the part that was not read is not absent: the
/// message would be sent a second time.
pub(super) fn probed(sent: Sent, marker: &str, extent: Extent) -> Sent {
    if sent.outcome != AttemptOutcome::Done {
        return sent;
    }
    match (sent.answer.contains(marker), extent) {
        (true, _) => Sent { outcome: AttemptOutcome::ProbeFound, ..sent },
        (false, Extent::Whole) => Sent { outcome: AttemptOutcome::ProbeAbsent, ..sent },
        (false, Extent::Part) => Sent { outcome: AttemptOutcome::Failed, ..sent }
            .with_reason("no marker was found, but the answer was not read to its end"),
    }
}

/// `Retry-After`, in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: Millis) -> Option<Millis> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let at = match text.parse::<i64>() {
        Ok(seconds) => now.plus(seconds.saturating_mul(1000)),
        Err(_) => Millis(since_1970(httpdate::parse_http_date(text).ok()?)?),
    };
    bounded(at, now)
}

/// What GitHub says when the budget is used up.
fn rate_limit_reset(headers: &HeaderMap, now: Millis) -> Option<Millis> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    (number("x-ratelimit-remaining")? == 0).then_some(())?;
    bounded(Millis(number("x-ratelimit-reset")?.saturating_mul(1000)), now)
}

fn bounded(at: Millis, now: Millis) -> Option<Millis> {
    (at > now).then(|| at.min(now.plus(MAX_WAIT_MS)))
}

fn since_1970(at: SystemTime) -> Option<i64> {
    i64::try_from(at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20T10:00:00Z
    const NOW: Millis = Millis(1_795_168_800_000);

    fn judged(status: u16, headers: &[(&'static str, &str)]) -> Sent {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        judge(StatusCode::from_u16(status).unwrap(), &headers, NOW, String::new())
    }

    #[test]
    fn statuses() {
        for (statuses, expected) in [
            ([200, 201, 202, 204].as_slice(), AttemptOutcome::Done),
            (&[401, 403, 404, 408, 425, 429, 500, 502, 503, 504, 599], AttemptOutcome::Failed),
            (&[301, 302, 304, 307, 400, 405, 409, 410, 413, 415, 418, 422], AttemptOutcome::Refused),
        ] {
            for &status in statuses {
                assert_eq!(judged(status, &[]).outcome, expected, "{status}");
            }
        }
        assert_eq!(judged(401, &[]).reason.unwrap(), "answered 401 Unauthorized");
        let reason = judged(302, &[("location", "http://169.254.169.254/")]).reason.unwrap();
        assert_eq!(reason, "answered 302 Found: redirects are not followed, this one goes to http://169.254.169.254/");
    }

    #[test]
    fn how_long_to_wait() {
        let check = |headers: &[(&'static str, &str)], expected_s: Option<i64>| {
            let wait = judged(429, headers).not_before.map(|at| (at.0 - NOW.0) / 1000);
            assert_eq!(wait, expected_s, "{headers:?}");
        };
        check(&[], None);
        check(&[("retry-after", "120")], Some(120));
        check(&[("retry-after", " 0 ")], None);
        check(&[("retry-after", "-5")], None);
        check(&[("retry-after", "soon")], None);
        check(&[("retry-after", "99999999999999999999")], None);
        check(&[("retry-after", "9999999999999")], Some(86_400));
        check(&[("retry-after", "Fri, 20 Nov 2026 10:05:00 GMT")], Some(300));
        check(&[("retry-after", "Fri, 20 Nov 2020 10:05:00 GMT")], None);
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795168860")], Some(60));
        check(&[("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "1795168860")], None);
        assert_eq!(judged(422, &[("retry-after", "120")]).not_before, None);
    }
}
