//! Change hooks: what somebody sends to one, and what its dialect makes of it.

use super::HttpRequest;
use super::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the host does for a dialect by itself, as the schema of its settings says under `x-campanile-hook`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HookDescription {
    /// How a request proves that it comes from who knows the secret. The first that it has counts.
    pub signature: Vec<Signature>,
    /// Headers by which a repeated request is known. The first that it has counts.
    pub delivery: Vec<String>,
    /// Headers that the dialect is told.
    pub headers: Vec<String>,
}

/// A header that proves who calls.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub header: String,
    pub by: Proof,
    /// What stands in front of the digest, such as `sha256=`.
    #[serde(default)]
    pub prefix: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    HmacSha256,
    HmacSha1,
    HmacMd5,
    /// The secret itself.
    Token,
}

impl Proof {
    /// The hexadecimal digits that a digest of this kind has.
    pub fn digits(self) -> Option<usize> {
        match self {
            Self::HmacSha256 => Some(64),
            Self::HmacSha1 => Some(40),
            Self::HmacMd5 => Some(32),
            Self::Token => None,
        }
    }
}

/// What came to `/change_hook/{dialect}`, as the dialect is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookRequest {
    pub method: String,
    /// Those that the dialect asks for, by their names in small letters.
    pub headers: Vec<(String, String)>,
    /// Decoded.
    pub query: Vec<(String, String)>,
    pub content_type: String,
    pub body: Vec<u8>,
    pub received_at: Timestamp,
}

/// What came back of something that a dialect wanted to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Absent: it could not be had.
    pub status: Option<u16>,
    /// By their names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A change that a hook tells of.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewHookChange {
    pub author: Option<String>,
    pub committer: Option<String>,
    pub comments: Option<String>,
    pub files: Vec<String>,
    pub revision: Option<String>,
    pub when_timestamp: Option<Timestamp>,
    pub branch: Option<String>,
    pub category: Option<String>,
    pub revlink: Option<String>,
    pub properties: BTreeMap<String, Value>,
    pub repository: String,
    pub codebase: Option<String>,
    pub project: String,
    pub src: Option<String>,
}

/// Change sources that are to look for changes now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Poke {
    /// By name. None: all.
    pub pollers: Vec<String>,
    /// Of these only.
    pub among: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum HookOutcome {
    Changes(Vec<NewHookChange>),
    Poke(Poke),
    /// To be read first, by GET.
    Fetch(Vec<HttpRequest>),
}
