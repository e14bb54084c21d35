//! What is sent to change hooks, and what comes back of what they want to read.

use serde_json::Value;

use crate::contract::Fetched;
use crate::contract::HookRequest;

/// A POST of JSON with these headers.
#[must_use]
pub fn a_hook_request(body: &Value, headers: &[(&str, &str)]) -> HookRequest {
    HookRequest {
        method: String::from("POST"),
        headers: lower(headers),
        query: Vec::new(),
        content_type: String::from("application/json"),
        body: body.to_string().into_bytes(),
        received_at: 1_767_330_000,
    }
}

/// A success with this body and these headers.
#[must_use]
pub fn came_back(body: &Value, headers: &[(&str, &str)]) -> Fetched {
    Fetched { status: Some(200), headers: lower(headers), body: body.to_string().into_bytes() }
}

fn lower(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_lowercase(), String::from(*value))).collect()
}
