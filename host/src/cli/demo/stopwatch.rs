//! How long a mail takes: from the answer to the update that caused it to its arrival.

use super::api::Delivery;
use campanile_sinks::ReceivedMail;
use std::time::Duration;
use std::time::Instant;

/// The positions that the log had reached, and when.
#[derive(Default)]
pub(super) struct Stopwatch {
    reached: Vec<(i64, Instant)>,
}

impl Stopwatch {
    /// All events up to `position` were committed at `when`, and some after the last note.
    pub(super) fn note(&mut self, position: i64, when: Instant) {
        self.reached.push((position, when));
    }

    /// The slowest of these mails; nothing when no mail can be told from its delivery.
    pub(super) fn slowest(&self, deliveries: &[Delivery], mails: &[ReceivedMail]) -> Option<Duration> {
        mails.iter().filter_map(|mail| self.time(deliveries, mail)).max()
    }

    fn time(&self, deliveries: &[Delivery], mail: &ReceivedMail) -> Option<Duration> {
        let text = mail.text();
        let delivery = deliveries.iter().find(|delivery| text.contains(&format!("<{}@", delivery.uid)))?;
        let (_, committed) = self.reached.iter().find(|(position, _)| *position >= delivery.event)?;
        // A mail may be there before the answer to its update is.
        Some(mail.at.saturating_duration_since(*committed))
    }
}
