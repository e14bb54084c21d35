//! The states of a delivery on its way from owed to settled, its attempts, and its receipt.

use super::*;
use serde::Deserialize;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be sent at its due time.
    Ready,
    /// Behind another one in its lane, or held.
    Waiting,
    /// An attempt is on its way.
    Leased,
    /// Nobody knows whether the last attempt arrived; asked for by a probe before it goes out again.
    Unknown,
    Delivered,
    /// A newer one took its place before it was tried.
    Superseded,
    /// Silenced by a rule.
    Suppressed,
    /// Its reporter had nothing to send, and said why.
    Skipped,
    Expired,
    /// Refused for good, or tried often enough. Can be retried by hand.
    Dead,
    Cancelled,
}

impl DeliveryState {
    pub const ALL: [Self; 11] = [
        Self::Ready,
        Self::Waiting,
        Self::Leased,
        Self::Unknown,
        Self::Delivered,
        Self::Superseded,
        Self::Suppressed,
        Self::Skipped,
        Self::Expired,
        Self::Dead,
        Self::Cancelled,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Waiting => "waiting",
            Self::Leased => "leased",
            Self::Unknown => "unknown",
            Self::Delivered => "delivered",
            Self::Superseded => "superseded",
            Self::Suppressed => "suppressed",
            Self::Skipped => "skipped",
            Self::Expired => "expired",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing more happens to it by itself.
    pub fn is_settled(self) -> bool {
        match self {
            Self::Ready | Self::Waiting | Self::Leased | Self::Unknown => false,
            Self::Delivered
            | Self::Superseded
            | Self::Suppressed
            | Self::Skipped
            | Self::Expired
            | Self::Dead
            | Self::Cancelled => true,
        }
    }
}

/// One try of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub attemptid: AttemptId,
    pub deliveryid: DeliveryId,
    /// From 1, for each delivery.
    pub number: i64,
    pub started_at: Millis,
    /// Absent while it is on its way.
    pub ended_at: Option<Millis>,
    pub outcome: Option<AttemptOutcome>,
    /// HTTP status, SMTP code or exit status.
    pub status: Option<u16>,
    /// Why it failed, or what was answered, for people.
    pub reason: Option<String>,
    /// The first 16 KiB of the answer.
    pub answer: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    Done,
    /// Some recipients of a mail have it, and for others a later try may succeed.
    Partly,
    /// A later try may succeed.
    Failed,
    /// No try will succeed.
    Refused,
    /// It may have arrived.
    Unknown,
    ProbeFound,
    ProbeAbsent,
}

impl AttemptOutcome {
    pub const ALL: [Self; 7] =
        [Self::Done, Self::Partly, Self::Failed, Self::Refused, Self::Unknown, Self::ProbeFound, Self::ProbeAbsent];

    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partly => "partly",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::ProbeFound => "probe_found",
            Self::ProbeAbsent => "probe_absent",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// For how long a destination wants to be left alone: it and its credential, not only one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    Until(Millis),
    /// It does not say: a minute, and twice as long each time.
    Unsaid,
}

impl Wait {
    /// The least that a destination is left alone that does not say for how long, in milliseconds.
    pub const UNSAID_MS: i64 = 60_000;

    /// It lasts until then, or longer.
    pub fn at_least(self, now: Millis) -> Millis {
        match self {
            Self::Until(at) => at,
            Self::Unsaid => now.plus(Self::UNSAID_MS),
        }
    }
}

/// How an effect ended that asked for a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub key: String,
    pub outcome: Outcome,
    pub status: Option<u16>,
    pub answer: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Done,
    Refused,
    Expired,
    Superseded,
    Cancelled,
}
