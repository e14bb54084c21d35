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

/// Why something is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grounds {
    /// Such as `failing`.
    pub mode: Vec<String>,
    pub previous: Previous,
}

/// What a context tells as the build before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// The one before on the builder.
    Usual,
    None,
    Build(BuildId),
}

/// What a formatter's context tells of builds besides what it always tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    pub properties: bool,
    pub steps: bool,
    pub logs: bool,
    pub contents: Contents,
}

/// The logs whose content is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    None,
    All,
    /// Names of logs, or `step.log`.
    Named(Vec<String>),
}

impl Extent {
    /// What a formatter is told that asks for nothing: all but what is large.
    pub const USUAL: Self = Self { properties: true, steps: true, logs: true, contents: Contents::None };

    /// Whether the logs are told; their content includes them.
    pub fn has_logs(&self) -> bool {
        self.logs || self.contents != Contents::None
    }

    /// Whether the steps are told; the logs include them.
    pub fn has_steps(&self) -> bool {
        self.steps || self.has_logs()
    }
}

impl Contents {
    pub fn include(&self, step: &str, log: &str) -> bool {
        let named =
            |name: &String| name == log || name.strip_prefix(step).and_then(|n| n.strip_prefix('.')) == Some(log);
        match self {
            Self::None => false,
            Self::All => true,
            Self::Named(names) => names.iter().any(named),
        }
    }
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
