//! The paths of the data API, from its table of endpoints.
//!
//! Where a key may be a number or a name, the table has two patterns and OpenAPI one path: they are told as one.

use super::about;
use super::about::object;
use super::answers;
use crate::api::access::Access;
use crate::api::access::Gate;
use crate::api::access::Pace;
use crate::api::access::Tone;
use crate::data::endpoints::ENDPOINTS;
use crate::data::endpoints::Endpoint;
use crate::data::endpoints::Gives;
use crate::data::endpoints::KeyKind;
use crate::data::endpoints::Part;
use crate::model::Scope;
use crate::store::query::Resource;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

const GATE: Gate = Gate { access: Access::Reading, tone: Tone::Plain, pace: Pace::Answer };

/// Each path with its operation.
pub(super) fn paths() -> Vec<(String, Value)> {
    let mut groups: Vec<(Vec<Part>, Vec<&Endpoint>)> = Vec::new();
    for endpoint in ENDPOINTS.iter().copied().flatten() {
        let parts: Vec<Part> = endpoint.parts().collect();
        match groups.iter_mut().find(|(other, _)| is_same(other, &parts)) {
            Some((_, same)) => same.push(endpoint),
            None => groups.push((parts, vec![endpoint])),
        }
    }
    groups.iter().filter_map(|(parts, same)| path(parts, same)).collect()
}

/// Whether both are one path once names of keys do not count.
fn is_same(one: &[Part], other: &[Part]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| match (one, other) {
            (Part::Word(one), Part::Word(other)) => one == other,
            (Part::Key { .. }, Part::Key { .. }) => true,
            (Part::Word(_), Part::Key { .. }) | (Part::Key { .. }, Part::Word(_)) => false,
        })
}

fn path(parts: &[Part], same: &[&Endpoint]) -> Option<(String, Value)> {
    let first = same.first()?;
    let mut path = String::from("/api/v2");
    let mut parameters = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        path.push('/');
        match part {
            Part::Word(word) => path.push_str(word),
            Part::Key { .. } => {
                let (name, parameter) = key(same, at);
                path.push_str(&format!("{{{name}}}"));
                parameters.push(parameter);
            }
        }
    }
    let mut statuses = vec![];
    if !parameters.is_empty() {
        statuses.push(404);
    }
    parameters.extend(query(first.gives));
    let mut responses = json!({"200": reference("responses", &found(first.gives).0)});
    answers::add(&mut responses, &GATE, &statuses);
    let operation = json!({
        "operationId": path.trim_start_matches("/api/").replace(['/', '{', '}', '.'], "_"),
        "summary": first.says,
        "security": about::security(&GATE),
        "parameters": parameters,
        "responses": responses,
    });
    let mut item = json!({"get": operation});
    if let Some(post) = control(first.gives, &item["get"]) {
        item["post"] = post;
    }
    Some((path, item))
}

/// What can be asked of a resource, in its own words.
fn control(gives: Gives, get: &Value) -> Option<Value> {
    let Gives::One(resource) = gives else { return None };
    let methods = match resource.name {
        "build" => "`stop` with a reason, `rebuild`",
        "buildrequest" => "`cancel` with a reason, `set_priority` with a priority",
        "worker" => "`stop`, `pause`, `unpause`, `kill`, each with a reason",
        "scheduler" => "`enable` with enabled",
        "forcescheduler" => "`force` with the fields of the form",
        _ => return None,
    };
    let gate = Gate { access: Access::Scope(Scope::Control), tone: Tone::Rpc, pace: Pace::Answer };
    let keys = get["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "path");
    let mut responses = json!({"200": reference("responses", "asked")});
    answers::add(&mut responses, &gate, &[400, 404, 408, 413, 501]);
    Some(json!({
        "operationId": format!("control_{}", get["operationId"].as_str().unwrap_or_default()),
        "summary": format!("asks {}: {methods}", resource.name),
        "security": about::security(&gate),
        "parameters": keys.collect::<Vec<_>>(),
        "requestBody": reference("requestBodies", "ask"),
        "responses": responses,
    }))
}

/// The key at this place of the path, under all its names.
fn key(same: &[&Endpoint], at: usize) -> (String, Value) {
    let (mut names, mut numbers, mut words) = (Vec::new(), false, None);
    for endpoint in same {
        if let Some(Part::Key { name, kind }) = endpoint.parts().nth(at) {
            if !names.contains(&name) {
                names.push(name);
            }
            match kind {
                KeyKind::Number => numbers = true,
                KeyKind::Identifier | KeyKind::Text => words = words.or(Some(name)),
            }
        }
    }
    let name = names.join("_or_");
    let (schema, example) = match (numbers, words) {
        (_, None) => (json!({"type": "integer", "format": "int64"}), json!(1)),
        (true, Some(_)) => (json!({"type": "string", "minLength": 1}), json!("1")),
        (false, Some(word)) => (json!({"type": "string", "minLength": 1}), json!(example(word))),
    };
    let parameter = json!({"name": name, "in": "path", "required": true, "schema": schema, "example": example});
    (name, parameter)
}

/// A name that is often there.
fn example(key: &str) -> &'static str {
    match key {
        "log_slug" => "stdio",
        "step_name" => "test",
        "workername" => "worker-1",
        _ => "linux",
    }
}

fn query(gives: Gives) -> Vec<Value> {
    let Some(resource) = gives.resource() else { return Vec::new() };
    let own = |kind: &str| reference("parameters", &format!("{}.{kind}", resource.name));
    let mut found = vec![own("field")];
    if gives.is_collection() {
        found.extend([
            own("order"),
            own("filter"),
            reference("parameters", "limit"),
            reference("parameters", "offset"),
        ]);
    }
    if resource.has_chosen_properties() {
        found.push(own("property"));
    }
    found
}

/// What is found, each kind of answer once.
pub(super) fn responses() -> Map<String, Value> {
    let all = ENDPOINTS.iter().copied().flatten();
    let found = all.map(|endpoint| found(endpoint.gives));
    found.map(|(name, content)| (name, json!({"description": "found", "content": content}))).collect()
}

/// The name of the answer, and its content by type.
fn found(gives: Gives) -> (String, Value) {
    let (name, schema) = match gives {
        Gives::One(resource) => (format!("one.{}", resource.name), envelope(resource.plural, &item(resource), false)),
        Gives::Many(resource) | Gives::Blame(resource) => {
            (format!("many.{}", resource.name), envelope(resource.plural, &item(resource), true))
        }
        Gives::Properties => {
            ("properties".to_owned(), envelope("properties", &reference("schemas", "Properties"), false))
        }
        Gives::RootLinks => {
            ("rootlinks".to_owned(), envelope("rootlinks", &object(json!({"name": {"type": "string"}})), true))
        }
        Gives::Specification => ("specs".to_owned(), envelope("specs", &json!({"type": "object"}), true)),
        Gives::Bytes => return ("bytes".to_owned(), json!({"application/octet-stream": {}})),
    };
    // For people it is the same text with line ends.
    (name, json!({"application/json": {"schema": schema}, "text/plain": {"schema": {"type": "string"}}}))
}

fn item(resource: &Resource) -> Value {
    reference("schemas", resource.name)
}

/// Buildbot's envelope: one resource is a list of one.
fn envelope(plural: &str, item: &Value, is_collection: bool) -> Value {
    let list = match is_collection {
        true => json!({"type": "array", "items": item}),
        false => json!({"type": "array", "items": item, "minItems": 1, "maxItems": 1}),
    };
    let meta = match is_collection {
        true => object(json!({"total": {"type": "integer", "minimum": 0}})),
        false => object(json!({})),
    };
    object(json!({plural: list, "meta": meta}))
}

fn reference(place: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{place}/{name}")})
}
