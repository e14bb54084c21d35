//! A packet: an event in the form that the older Buildbot gave it.

use campanile_sdk::clock_text;
use campanile_sdk::contract::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// What is pushed of an event.
#[derive(Debug, Serialize)]
pub(crate) struct Packet<'a> {
    /// From 1, without a gap.
    pub(crate) id: u64,
    pub(crate) timestamp: String,
    /// What the CI system is called.
    pub(crate) project: &'a str,
    /// When the first packet was made.
    pub(crate) started: String,
    pub(crate) event: &'a str,
    pub(crate) payload: Value,
}

impl Packet<'_> {
    /// As JSON text.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("numbers and texts are JSON")
    }
}

/// A moment in UTC, such as `2026-11-20 14:05:09.000000`. Events know their second.
pub(crate) fn moment(at: Timestamp) -> String {
    clock_text(at).replace(" UTC", ".000000")
}

/// Without what is empty, at any depth. What stands in a list stays, for its place may mean something.
pub(crate) fn filtered(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().map(|(name, value)| (name, filtered(value)));
            Value::Object(kept.filter(|(_, value)| !is_empty(value)).collect())
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| if item.is_object() { filtered(item) } else { item }).collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

/// A number is something, zero too: the result code of success.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}
