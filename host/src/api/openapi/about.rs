//! What a route of the table is told to do, take and answer.

use super::answers;
use crate::api::access::Access;
use crate::api::access::Gate;
use crate::api::hooks::is_below_root;
use crate::api::routes::Route;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// What stands in the table besides path and gate.
#[derive(Clone, Copy)]
pub(in crate::api) struct About {
    pub(in crate::api) says: &'static str,
    /// Parameters behind the `?`: name, what it is, schema.
    pub(in crate::api) query: fn() -> Vec<(&'static str, &'static str, Value)>,
    pub(in crate::api) sends: Sends,
    /// The body of a 200, by content type.
    pub(in crate::api) answer: (&'static [&'static str], fn() -> Value),
    /// Statuses besides those that the gate, the body and the keys of the path bring.
    pub(in crate::api) also: &'static [u16],
}

/// What is sent along.
#[derive(Clone, Copy)]
pub(in crate::api) enum Sends {
    Nothing,
    Json(fn() -> Value),
    Bytes(&'static str),
}

/// Paths that stand for a whole table, which describes itself.
const TABLES: [&str; 3] = ["/api/v2/", "/api/v2/{*path}", "/api/v2/updates/{method}"];

pub(super) const JSON: &str = "application/json";

/// A read that takes no parameters.
pub(super) const fn get(says: &'static str, answer: fn() -> Value) -> About {
    About { says, query: none, sends: Sends::Nothing, answer: (&[JSON], answer), also: &[] }
}

pub(super) const fn send(says: &'static str, sends: Sends, answer: fn() -> Value, also: &'static [u16]) -> About {
    About { says, query: none, sends, answer: (&[JSON], answer), also }
}

/// The path as OpenAPI writes it, and the operation by its method; nothing for what describes itself.
pub(super) fn operation(route: &Route) -> (String, Value) {
    let path = route.path.replace("{*", "{");
    let item = if describes_itself(route) { json!({}) } else { json!({route.method: describe(route, &path)}) };
    (path, item)
}

fn describes_itself(route: &Route) -> bool {
    TABLES.contains(&route.path.as_str()) || is_below_root(&route.path)
}

/// Where a call can be repeated under a key, besides the update methods.
const ONCE: [&str; 2] = ["/api/v2/updates", "/api/v2/builds/{id}/http_steps"];

/// The path that does not answer, but changes the protocol.
const UPGRADE: &str = "/ws";

fn describe(route: &Route, path: &str) -> Value {
    let about = &route.about;
    let mut parameters: Vec<Value> = keys(path).map(key).collect();
    if route.method == "post" && ONCE.contains(&route.path.as_str()) {
        parameters.push(json!({"$ref": "#/components/parameters/idempotency-key"}));
    }
    parameters.extend(
        (about.query)()
            .into_iter()
            .map(|(name, says, schema)| json!({"name": name, "in": "query", "description": says, "schema": schema})),
    );
    let mut statuses = about.also.to_vec();
    if !parameters.is_empty() {
        statuses.push(400);
    }
    if keys(path).next().is_some() {
        statuses.push(404);
    }
    let (kinds, answer) = about.answer;
    let content: Map<String, Value> =
        kinds.iter().map(|kind| ((*kind).to_owned(), json!({"schema": answer()}))).collect();
    let success = match path {
        UPGRADE => json!({"101": {"description": "the protocol is WebSocket's from here on"}}),
        _ => json!({"200": {"description": "done", "content": content}}),
    };
    let mut found = json!({
        "operationId": format!("{} {}", route.method, path.trim_start_matches("/api")).replace(['/', ' ', '{', '}'], "_"),
        "summary": about.says,
        "security": security(route.gate()),
        "parameters": parameters,
        "responses": success,
    });
    if let Some((body, more)) = body(about.sends) {
        found["requestBody"] = body;
        statuses.extend(more);
    }
    answers::add(&mut found["responses"], route.gate(), &statuses);
    found
}

fn body(sends: Sends) -> Option<(Value, &'static [u16])> {
    let (kind, schema) = match sends {
        Sends::Nothing => return None,
        Sends::Json(schema) => ("application/json", schema()),
        Sends::Bytes(kind) => (kind, json!({"type": "string", "format": "binary"})),
    };
    Some((json!({"required": true, "content": {kind: {"schema": schema}}}), &[400, 408, 413, 415]))
}

/// What is asked of the caller.
pub(super) fn security(gate: &Gate) -> Value {
    match gate.access {
        Access::Everybody => json!([]),
        Access::Reading => json!([{}, {"token": ["read"]}]),
        Access::Scope(scope) => json!([{"token": [scope.name()]}]),
    }
}

/// The keys in a path.
fn keys(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn key(name: &str) -> Value {
    let (schema, example) = match name {
        "id" | "log" | "build" => (json!({"type": "integer", "format": "int64"}), json!(1)),
        "step" | "builder" => (json!({"type": "string", "minLength": 1}), json!("1")),
        "slug" => (json!({"type": "string", "minLength": 1}), json!("stdio")),
        _ => (json!({"type": "string", "minLength": 1}), json!("linux")),
    };
    json!({"name": name, "in": "path", "required": true, "schema": schema, "example": example})
}

/// No parameters.
pub(super) fn none() -> Vec<(&'static str, &'static str, Value)> {
    Vec::new()
}

/// An object of exactly these properties; those whose schema is marked so may be absent.
pub(super) fn object(properties: Value) -> Value {
    let required: Vec<String> = properties.as_object().into_iter().flat_map(Map::keys).cloned().collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}
