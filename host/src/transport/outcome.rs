//! What became of an attempt, and the few ways to say so.

use crate::model::AttemptOutcome;
use crate::model::Recipient;
use crate::model::Wait;

/// The most of an answer that is kept.
pub(super) const MAX_KEPT_BYTES: usize = 16 * 1024;

/// How one attempt ended, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// `Failed` is said only if it surely did not arrive and a later try may succeed.
    pub outcome: AttemptOutcome,
    /// HTTP status or SMTP code.
    pub status: Option<u16>,
    /// Why it failed, or what is worth knowing of a success; for people.
    pub reason: Option<String>,
    /// At most 16 KiB.
    pub answer: String,
    /// The other side wants to be left alone for a while.
    pub wait: Option<Wait>,
    /// Of a mail: each recipient, where the relay did not treat all alike.
    pub recipients: Vec<Recipient>,
}

impl Sent {
    pub(super) fn new(outcome: AttemptOutcome, status: Option<u16>, answer: String) -> Self {
        Self { outcome, status, reason: None, answer, wait: None, recipients: Vec::new() }
    }

    pub(super) fn because(outcome: AttemptOutcome, reason: impl ToString) -> Self {
        Self::new(outcome, None, String::new()).with_reason(reason)
    }

    pub(super) fn failed(reason: impl ToString) -> Self {
        Self::because(AttemptOutcome::Failed, reason)
    }

    pub(super) fn refused(reason: impl ToString) -> Self {
        Self::because(AttemptOutcome::Refused, reason)
    }

    pub(super) fn unknown(reason: impl ToString) -> Self {
        Self::because(AttemptOutcome::Unknown, reason)
    }

    pub(super) fn with_reason(mut self, reason: impl ToString) -> Self {
        self.reason = Some(reason.to_string());
        self
    }

    /// Rewrites the texts, and cuts the answer to what is kept.
    pub(super) fn map_texts(mut self, rewrite: impl Fn(String) -> String) -> Self {
        self.reason = self.reason.map(&rewrite);
        self.answer = rewrite(self.answer);
        for recipient in &mut self.recipients {
            recipient.answer = rewrite(std::mem::take(&mut recipient.answer));
        }
        let end = (0..=self.answer.len().min(MAX_KEPT_BYTES)).rev().find(|&i| self.answer.is_char_boundary(i));
        self.answer.truncate(end.unwrap_or(0));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_cut_between_characters() {
        let long = "ü".repeat(MAX_KEPT_BYTES);
        let sent = Sent::new(AttemptOutcome::Done, None, format!("a{long}")).map_texts(|text| text);
        assert_eq!(sent.answer.len(), MAX_KEPT_BYTES - 1);
    }
}
