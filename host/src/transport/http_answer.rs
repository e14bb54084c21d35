//! What an HTTP answer means for a delivery.

use super::outcome::Sent;
use super::search::Seen;
use crate::model::AttemptOutcome;
use crate::model::Millis;
use crate::model::Wait;
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

/// How much of an answer stands in the reason, in bytes; more is kept with the attempt.
const SHOWN_BYTES: usize = 1024;

/// Judges status and headers; the answer, without secrets, is for people and for receipts.
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
        sent.reason = Some(reason(status, headers, &sent.answer));
    }
    if outcome == AttemptOutcome::Failed {
        sent.wait = wait(status, headers, now, &sent.answer);
    }
    sent
}

fn reason(status: StatusCode, headers: &HeaderMap, answer: &str) -> String {
    let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    match (location, shown(answer)) {
        (Some(location), _) if status.is_redirection() => {
            format!("answered {status}: redirects are not followed, this one goes to {}", shown(location))
        }
        (_, said) if said.is_empty() => format!("answered {status}"),
        (_, said) => format!("answered {status}: {said}"),
    }
}

/// The beginning of an answer, in one line.
pub(super) fn shown(answer: &str) -> String {
    let words: Vec<&str> =
        answer.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let mut line = words.join(" ");
    if line.len() > SHOWN_BYTES {
        line.truncate((0..=SHOWN_BYTES).rev().find(|&i| line.is_char_boundary(i)).unwrap_or(0));
        line.push('\u{2026}');
    }
    line
}

/// What a judged answer says of an earlier message. What may stand in the part that was not read is not absent, nor is
/// what an answer is silent about that does not look as a whole one does: the message would be sent a second time.
pub(super) fn probed(sent: Sent, seen: Seen, extent: Extent) -> Sent {
    if sent.outcome != AttemptOutcome::Done {
        return sent;
    }
    let failed = |sent: Sent, why: &str| Sent { outcome: AttemptOutcome::Failed, ..sent }.with_reason(why);
    match (seen, extent) {
        (Seen::Marker, _) => Sent { outcome: AttemptOutcome::ProbeFound, ..sent },
        (Seen::None, Extent::Whole) => Sent { outcome: AttemptOutcome::ProbeAbsent, ..sent },
        (Seen::None | Seen::Nothing, Extent::Part) => {
            failed(sent, "no marker was found, but the answer was not read to its end")
        }
        (Seen::Nothing, Extent::Whole) => {
            let said = shown(&sent.answer);
            failed(sent, &format!("whether it arrived was asked, and the answer does not say: {said}"))
        }
    }
}

/// Whether the other side wants to be left alone, and for how long. GitHub says it by 403 too.
fn wait(status: StatusCode, headers: &HeaderMap, now: Millis, answer: &str) -> Option<Wait> {
    let asked = retry_after(headers, now);
    if let Some(wait) = asked.and_then(|at| until(at, now)) {
        return Some(wait);
    }
    let remaining = number(headers, &["x-ratelimit-remaining", "ratelimit-remaining"]);
    let limited = match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => remaining == Some(0) || names_a_limit(answer),
        _ => false,
    };
    // What is left of one budget says nothing of the one that was exceeded.
    let reset = if remaining.unwrap_or(0) == 0 { reset(headers, now) } else { None };
    match reset.and_then(|at| until(at, now)) {
        wait @ Some(_) if limited => wait,
        // Who is told to wait for no time at all is not told to wait, unless a budget says otherwise.
        _ => (limited && asked.is_none()).then_some(Wait::Unsaid),
    }
}

/// What GitHub says of its secondary limits, for which no header may tell how long they last.
fn names_a_limit(answer: &str) -> bool {
    let answer = answer.to_ascii_lowercase();
    answer.contains("rate limit") || answer.contains("abuse detection")
}

/// `Retry-After`, in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: Millis) -> Option<Millis> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse::<i64>() {
        Ok(seconds) => Some(now.plus(seconds.saturating_mul(1000))),
        Err(_) => Some(Millis(since_1970(httpdate::parse_http_date(text).ok()?)?)),
    }
}

/// When a budget is filled again: the moment, as GitHub and GitLab write it, or the seconds until then.
fn reset(headers: &HeaderMap, now: Millis) -> Option<Millis> {
    /// A number of seconds that is a moment of this century, and no time to wait.
    const SINCE_2001: i64 = 1_000_000_000;
    let seconds = number(headers, &["x-ratelimit-reset", "ratelimit-reset"])?;
    match seconds < SINCE_2001 {
        true => Some(now.plus(seconds.saturating_mul(1000))),
        false => Some(Millis(seconds.saturating_mul(1000))),
    }
}

fn number(headers: &HeaderMap, names: &[&str]) -> Option<i64> {
    names.iter().find_map(|name| headers.get(*name)?.to_str().ok()?.trim().parse().ok())
}

fn until(at: Millis, now: Millis) -> Option<Wait> {
    (at > now).then(|| Wait::Until(at.min(now.plus(MAX_WAIT_MS))))
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
        let waits = |status, headers: &[(&'static str, &str)]| match judged(status, headers).wait {
            None => "none".to_owned(),
            Some(Wait::Unsaid) => "unsaid".to_owned(),
            Some(Wait::Until(at)) => ((at.0 - NOW.0) / 1000).to_string(),
        };
        let check = |headers: &[(&'static str, &str)], expected: &str| {
            assert_eq!(waits(429, headers), expected, "{headers:?}");
        };
        check(&[], "unsaid");
        check(&[("retry-after", "120")], "120");
        check(&[("retry-after", " 0 ")], "none");
        check(&[("retry-after", "-5")], "none");
        check(&[("retry-after", "soon")], "unsaid");
        check(&[("retry-after", "9999999999999")], "86400");
        check(&[("retry-after", "Fri, 20 Nov 2026 10:05:00 GMT")], "300");
        check(&[("retry-after", "Fri, 20 Nov 2020 10:05:00 GMT")], "none");
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795168860")], "60");
        check(&[("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "1795168860")], "unsaid");
        check(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "1795168860")], "60");
        check(&[("ratelimit-reset", "30")], "30");
        check(&[("ratelimit-reset", "1795168800")], "unsaid");
        check(&[("retry-after", "5"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795168860")], "5");
        check(&[("retry-after", "0"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795168860")], "60");
        let used_up = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795168860")];
        assert_eq!(waits(403, &used_up), "60");
        assert_eq!(waits(403, &[("retry-after", "7")]), "7");
        assert_eq!(waits(403, &[]), "none");
        assert_eq!(waits(503, &used_up), "none");
        assert_eq!(waits(503, &[("retry-after", "7")]), "7");
        assert_eq!(waits(422, &[("retry-after", "120")]), "none");
    }

    #[test]
    fn a_limit_that_only_the_text_tells() {
        let check = |status, answer: &str, expected| {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(judge(status, &HeaderMap::new(), NOW, answer.to_owned()).wait, expected, "{answer}");
        };
        let github = r#"{"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}"#;
        check(403, github, Some(Wait::Unsaid));
        check(403, "You have triggered an abuse detection mechanism.", Some(Wait::Unsaid));
        check(403, r#"{"message": "Resource not accessible by integration"}"#, None);
        check(404, github, None);
    }

    #[test]
    fn a_refusal_shows_what_was_answered() {
        let said = |answer: &str| {
            judge(StatusCode::UNPROCESSABLE_ENTITY, &HeaderMap::new(), NOW, answer.to_owned()).reason.unwrap()
        };
        assert_eq!(said("{\n  \"message\": \"no\"\n}\n"), "answered 422 Unprocessable Entity: { \"message\": \"no\" }");
        assert_eq!(said(" \n"), "answered 422 Unprocessable Entity");
        let long = said(&"ü".repeat(1000));
        assert_eq!(long, format!("answered 422 Unprocessable Entity: {}\u{2026}", "ü".repeat(512)));
        assert_eq!(said(&"word ".repeat(1000)).len(), "answered 422 Unprocessable Entity: ".len() + 1024 + 3);
    }
}
