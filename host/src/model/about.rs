//! What a formatter is asked about, and what it answers.

use super::BodyKind;
use super::BuildId;
use super::BuildRequestId;
use super::BuildsetId;
use super::WorkerId;

/// What a text shall be about.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    Build(BuildId),
    /// A build of a buildset that is reported as a whole.
    BuildInSet(BuildId),
    Buildset(BuildsetId),
    Request(BuildRequestId),
    Worker(WorkerId),
    /// JSON of a later contract.
    Other(String),
}

/// A formatter's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Formatted {
    pub body: String,
    pub kind: BodyKind,
    pub subject: Option<String>,
    /// JSON.
    pub extra: Option<String>,
}
