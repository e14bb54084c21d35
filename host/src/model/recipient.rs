//! The recipients of a mail, where its relay did not treat them all alike.

use serde::Deserialize;
use serde::Serialize;

/// One of a mail's recipients, and the last that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The bare address, or what stood in its place and is none.
    pub address: String,
    pub outcome: RecipientOutcome,
    /// The relay's code.
    pub status: Option<u16>,
    /// What it said, or why it was not asked.
    pub answer: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientOutcome {
    /// The relay took the mail for it.
    Accepted,
    /// A later try may succeed.
    Deferred,
    /// No try will succeed.
    Refused,
    /// The mail may have arrived.
    Unknown,
}

impl RecipientOutcome {
    pub const ALL: [Self; 4] = [Self::Accepted, Self::Deferred, Self::Refused, Self::Unknown];

    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Whether the mail does not go there again.
    pub fn is_over(self) -> bool {
        match self {
            Self::Accepted | Self::Refused => true,
            Self::Deferred | Self::Unknown => false,
        }
    }
}
