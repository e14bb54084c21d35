//! What a change hook is given in a fixture: a request, and what came back of what it wanted to read.

use crate::model::Fetched;
use crate::model::HookRequest;
use crate::model::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A request. A body that is no text is sent as JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenRequest {
    #[serde(default = "post")]
    method: String,
    /// By name, in any letters.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default = "json")]
    content_type: String,
    #[serde(default)]
    body: Value,
}

/// What came back. Without a status: it could not be had.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenFetched {
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
}

impl GivenRequest {
    /// As the host would tell it: of the headers, those that the schema asks for.
    pub(super) fn told(self, headers: &[String], at: Timestamp) -> HookRequest {
        let mut sent = lower(self.headers);
        sent.retain(|(name, _)| headers.contains(name));
        HookRequest {
            method: self.method,
            headers: sent,
            query: self.query.into_iter().collect(),
            content_type: self.content_type,
            body: bytes(self.body),
            received_at: at,
        }
    }
}

impl From<GivenFetched> for Fetched {
    fn from(GivenFetched { status, headers, body }: GivenFetched) -> Self {
        Self { status, headers: lower(headers), body: bytes(body) }
    }
}

fn lower(headers: BTreeMap<String, String>) -> Vec<(String, String)> {
    headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect()
}

fn bytes(body: Value) -> Vec<u8> {
    match body {
        Value::Null => Vec::new(),
        Value::String(text) => text.into_bytes(),
        other => other.to_string().into_bytes(),
    }
}

fn post() -> String {
    "POST".to_owned()
}

fn json() -> String {
    "application/json".to_owned()
}
