//! What a reporter returns from a call.

use super::BuildId;
use super::BuilderId;
use super::Message;
use serde::Deserialize;
use serde::Serialize;

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Deliver(NewDelivery),
    Skip(Skipped),
    /// Keeps a JSON value under a key; without a value, forgets it.
    Remember {
        key: String,
        value: Option<String>,
    },
    Wake(WakeUp),
    Control(ControlRequest),
    /// JSON of a later contract.
    Other(String),
}

/// Why a call of a plugin failed, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    Retry(String),
    GiveUp(String),
}

/// One message for one destination, as it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDelivery {
    pub key: String,
    pub lane: Option<String>,
    pub replace: Option<String>,
    pub resend: Resend,
    pub ttl_seconds: Option<u32>,
    pub receipt: bool,
    pub message: Message,
}

/// What is not sent, though it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub key: String,
    pub reason: String,
}

/// What to do when nobody knows whether an attempt arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resend {
    Upsert,
    Probe(Box<Probe>),
    Blind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    pub ask: Message,
    pub marker: Marker,
    /// What every whole answer has in it, where that is known.
    pub whole: Option<String>,
}

/// What an answer is searched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marker {
    Letters(String),
    /// A string of JSON by its ends.
    JsonString {
        begins: String,
        ends: String,
    },
}

impl Marker {
    /// Whether it would be found in anything.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Letters(letters) => letters.is_empty(),
            Self::JsonString { begins, ends } => begins.is_empty() && ends.is_empty(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WakeUp {
    pub key: String,
    pub after_ms: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ControlRequest {
    pub key: String,
    pub receipt: bool,
    pub control: Control,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    Force(ForceBuild),
    Stop { build: BuildId, reason: String },
    Shutdown(Shutdown),
    Other(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ForceBuild {
    pub builder: BuilderId,
    pub reason: String,
    pub owner: String,
    pub branch: Option<String>,
    pub revision: Option<String>,
    pub project: Option<String>,
    pub codebase: Option<String>,
    /// Names and JSON values.
    pub properties: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    Start,
    Cancel,
    Now,
}
