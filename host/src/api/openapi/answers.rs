//! Answers that are no success: which a route can give, and what stands in them.

use crate::api::access::Access;
use crate::api::access::Gate;
use crate::api::access::Tone;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Every status that is not a success, and what it means.
const STATUSES: [(u16, &str); 13] = [
    (400, "the request is wrong; the error names what"),
    (401, "a token is needed, or the one sent is not known"),
    (403, "the token lacks a scope, or the header Host names another host"),
    (404, "there is no such thing"),
    (408, "the body did not come in time"),
    (409, "it goes against what is there"),
    (410, "it is there no more"),
    (413, "the body is too large"),
    (415, "the body is of another type"),
    (422, "the key was used for another request"),
    (500, "the host failed; its log says more"),
    (501, "it cannot be asked for that"),
    (503, "the host cannot do it now"),
];

/// Those that any route can give.
const ANY: [u16; 3] = [400, 500, 503];

/// Adds the answers of these statuses, and those that the gate gives.
pub(super) fn add(responses: &mut Value, gate: &Gate, statuses: &[u16]) {
    let mut statuses = statuses.to_vec();
    // A wrong token and a foreign name of the host are refused everywhere.
    statuses.extend(ANY.iter().chain(&[401, 403]));
    if gate.access != Access::Everybody {
        statuses.extend([401, 403]);
    }
    let Value::Object(responses) = responses else { return };
    for status in statuses {
        let name = name(status, gate.tone);
        responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{name}")}));
    }
}

/// All of them, in both tones.
pub(super) fn components() -> Map<String, Value> {
    let mut components = Map::new();
    for (status, says) in STATUSES {
        for (tone, schema) in [(Tone::Plain, "Error"), (Tone::Rpc, "RpcError")] {
            let schema = match (status, tone) {
                // The door has no tone: it says these before the route is known.
                (401 | 403, Tone::Rpc) => json!({"anyOf": [reference("Error"), reference("RpcError")]}),
                _ => reference(schema),
            };
            let mut answer = json!({"description": says, "content": {"application/json": {"schema": schema}}});
            if status == 401 {
                answer["headers"] = json!({"WWW-Authenticate": {"required": true, "schema": {"type": "string"}}});
            }
            components.insert(name(status, tone), answer);
        }
    }
    components
}

fn name(status: u16, tone: Tone) -> String {
    match tone {
        Tone::Plain => status.to_string(),
        Tone::Rpc => format!("rpc-{status}"),
        Tone::Words => format!("words-{status}"),
    }
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}
