//! What a command says, and what that means for its delivery.
//!
//! An exit status of 0 is success, any other is for good, unless what the command says names something that passes; and
//! some of that may have come when all was done.

use super::http_answer::Extent;
use super::http_answer::probed;
use super::http_answer::shown;
use super::outcome::MAX_KEPT_BYTES;
use super::outcome::Sent;
use super::search::Search;
use super::ssh_session::End;
use crate::model::AttemptOutcome;
use crate::model::Probe;

/// What commands say, and Gerrit does, of troubles that pass, and may have come when all was done: Gerrit says the same of an
/// error before a review is stored and after. In small letters.
const DOUBTFUL: [&str; 7] = [
    "timed out",
    "timeout",
    "deadline exceeded",
    "internal server error",
    "internal error",
    "connection reset",
    "out of memory",
];

/// And of troubles that pass and let nothing be done.
const PASSING: [&str; 13] = [
    "try again",
    "temporarily",
    "service unavailable",
    "server unavailable",
    "not available",
    "overloaded",
    "too many",
    "lock failure",
    "lock_failure",
    "cannot lock",
    "connection refused",
    "no space left",
    "shutting down",
];

/// What came from a command, as far as it is kept; all of it is searched.
#[derive(Debug, Default)]
pub(super) struct Output {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    search: Option<Search>,
}

impl Output {
    pub(super) fn new(probe: Option<&Probe>) -> Self {
        Self { search: probe.map(Search::of), ..Self::default() }
    }

    pub(super) fn stdout(&mut self, piece: &[u8]) {
        keep(&mut self.stdout, piece);
        if let Some(search) = &mut self.search {
            search.look_at(piece);
        }
    }

    pub(super) fn stderr(&mut self, piece: &[u8]) {
        keep(&mut self.stderr, piece);
    }

    /// What became of the attempt.
    pub(super) fn judged(self, end: &End, redact: impl Fn(String) -> String) -> Sent {
        let text = |bytes: &[u8]| redact(String::from_utf8_lossy(bytes).into_owned());
        let (stdout, stderr) = (text(&self.stdout), text(&self.stderr));
        let said = shown(&stderr);
        let status = match end {
            // POSIX knows no higher ones.
            End::Exit(status) => Some(u8::try_from(*status).unwrap_or(u8::MAX).into()),
            End::Signal(_) | End::Lost(_) => None,
        };
        let outcome = match end {
            End::Exit(0) => AttemptOutcome::Done,
            End::Exit(_) if says_any(&stderr, &DOUBTFUL) => AttemptOutcome::Unknown,
            End::Exit(_) if says_any(&stderr, &PASSING) => AttemptOutcome::Failed,
            End::Exit(_) => AttemptOutcome::Refused,
            End::Signal(_) | End::Lost(_) => AttemptOutcome::Unknown,
        };
        let because = match end {
            End::Exit(0) => None,
            End::Exit(status) => Some(format!("the command ended with exit status {status}")),
            End::Signal(name) => Some(format!("the command was ended by the signal {name}")),
            End::Lost(why) => Some(why.clone()),
        };
        let reason = match (because, said.is_empty()) {
            (because, true) => because,
            (None, false) => Some(format!("the command said: {said}")),
            (Some(because), false) => Some(format!("{because}: {said}")),
        };
        let answer = match outcome {
            AttemptOutcome::Done => stdout,
            _ if stdout.is_empty() => stderr,
            _ => format!("{}\n{stderr}", stdout.trim_end()),
        };
        let sent = Sent { reason, ..Sent::new(outcome, status, answer) };
        match self.search {
            Some(search) => probed(sent, search.seen(), Extent::Whole),
            None => sent,
        }
    }
}

fn keep(kept: &mut Vec<u8>, piece: &[u8]) {
    let room = MAX_KEPT_BYTES.saturating_sub(kept.len());
    kept.extend_from_slice(&piece[..piece.len().min(room)]);
}

fn says_any(stderr: &str, signs: &[&str]) -> bool {
    let stderr = stderr.to_lowercase();
    signs.iter().any(|sign| stderr.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HttpRequest;
    use crate::model::Marker;
    use crate::model::Message;
    use crate::model::Text;

    fn judged(end: &End, stdout: &str, stderr: &str) -> Sent {
        let mut output = Output::default();
        output.stdout(stdout.as_bytes());
        output.stderr(stderr.as_bytes());
        output.judged(end, |text| text)
    }

    fn lost() -> End {
        End::Lost("lost".to_owned())
    }

    #[test]
    fn what_an_end_means() {
        let check = |end: &End, stderr: &str, outcome, reason: Option<&str>| {
            let sent = judged(end, "out", stderr);
            assert_eq!((sent.outcome, sent.reason.as_deref()), (outcome, reason), "{end:?} {stderr}");
        };
        check(&End::Exit(0), "", AttemptOutcome::Done, None);
        check(&End::Exit(0), "careful\n", AttemptOutcome::Done, Some("the command said: careful"));
        let closed = Some("the command ended with exit status 1: error: change 7 closed");
        check(&End::Exit(1), "error: change 7\nclosed", AttemptOutcome::Refused, closed);
        let broken = Some("the command ended with exit status 1: fatal: Internal Server Error");
        check(&End::Exit(1), "fatal: Internal Server Error", AttemptOutcome::Unknown, broken);
        let busy = Some("the command ended with exit status 1: Too many sessions");
        check(&End::Exit(1), "Too many sessions", AttemptOutcome::Failed, busy);
        check(&End::Exit(127), "", AttemptOutcome::Refused, Some("the command ended with exit status 127"));
        let killed = Some("the command was ended by the signal KILL");
        check(&End::Signal("KILL".into()), "", AttemptOutcome::Unknown, killed);
        check(&lost(), "", AttemptOutcome::Unknown, Some("lost"));
        assert_eq!(judged(&End::Exit(1 << 30), "", "").status, Some(255));
    }

    #[test]
    fn the_answer_is_what_came_out_and_the_complaint_if_it_failed() {
        assert_eq!(judged(&End::Exit(0), "gerrit version 3.9\n", "hm").answer, "gerrit version 3.9\n");
        assert_eq!(judged(&End::Exit(1), "half\n", "no").answer, "half\nno");
        assert_eq!(judged(&End::Exit(1), "", "no").answer, "no");
        let long = judged(&End::Exit(0), &"a".repeat(MAX_KEPT_BYTES + 1), "");
        assert_eq!(long.answer.len(), MAX_KEPT_BYTES);
    }

    #[test]
    fn what_the_answer_to_a_question_means() {
        let said = |pieces: &[&str], end: &End| {
            let ask = Message::Http(HttpRequest::new("GET", Text::literal("https://example.org/")));
            let probe = Probe { ask, marker: Marker::Letters("mark:7".into()), whole: Some("stats".into()) };
            let mut output = Output::new(Some(&probe));
            pieces.iter().for_each(|piece| output.stdout(piece.as_bytes()));
            output.judged(end, |text| text)
        };
        let outcome = |pieces: &[&str], end: &End| said(pieces, end).outcome;
        let zero = End::Exit(0);
        let long = "x".repeat(MAX_KEPT_BYTES);
        assert_eq!(outcome(&[&long, "ma", "rk:7"], &zero), AttemptOutcome::ProbeFound);
        assert_eq!(outcome(&[&long, "sta", "ts"], &zero), AttemptOutcome::ProbeAbsent);
        assert_eq!(outcome(&["mark:7 stats"], &End::Exit(1)), AttemptOutcome::Refused);
        assert_eq!(outcome(&["stats"], &lost()), AttemptOutcome::Unknown);
        let error = said(&[r#"{"type":"error","message":"busy"}"#], &zero);
        assert_eq!(error.outcome, AttemptOutcome::Failed);
        assert!(
            error.reason.is_some_and(|reason| reason.ends_with(r#"does not say: {"type":"error","message":"busy"}"#))
        );
    }
}
