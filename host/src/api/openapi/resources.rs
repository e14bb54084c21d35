//! The data API's resources: their fields as schemas, and what a list of them can be narrowed by.

use super::about::object;
use crate::data::endpoints::ENDPOINTS;
use crate::data::endpoints::Endpoint;
use crate::store::query::Field;
use crate::store::query::Kind;
use crate::store::query::Resource;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Every resource, by name.
pub(super) fn schemas() -> Map<String, Value> {
    resources().map(|resource| (resource.name.to_owned(), schema(resource))).collect()
}

/// The parameters that each resource has of its own.
pub(super) fn parameters() -> Map<String, Value> {
    let mut parameters = Map::from_iter([
        ("limit".to_owned(), page("limit", "at most so many")),
        ("offset".to_owned(), page("offset", "so many are left out in front")),
    ]);
    for resource in resources() {
        for (kind, parameter) in of(resource) {
            parameters.insert(format!("{}.{kind}", resource.name), parameter);
        }
    }
    parameters
}

fn resources() -> impl Iterator<Item = &'static Resource> {
    let all = ENDPOINTS.iter().copied().flatten();
    all.filter_map(|endpoint: &Endpoint| endpoint.gives.resource())
}

/// With `field=` any of them may be left out, so none is required.
fn schema(resource: &Resource) -> Value {
    let properties: Map<String, Value> = resource.fields.iter().map(property).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn property(field: &Field) -> (String, Value) {
    let schema = kind(field.kind);
    let schema = if field.nullable { json!({"anyOf": [schema, {"type": "null"}]}) } else { schema };
    (field.name.to_owned(), schema)
}

fn kind(kind: Kind) -> Value {
    let whole = |fields: &[Field]| object(fields.iter().map(property).collect::<Map<_, _>>().into());
    match kind {
        Kind::Number => json!({"type": "integer", "format": "int64"}),
        Kind::Time => json!({"type": "integer", "format": "int64", "description": "seconds since 1970"}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Text => json!({"type": "string"}),
        Kind::Numbers => json!({"type": "array", "items": {"type": "integer", "format": "int64"}}),
        Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Kind::Properties => json!({"$ref": "#/components/schemas/Properties"}),
        Kind::Map => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        Kind::Object => json!({"type": "object"}),
        Kind::Objects => json!({"type": "array", "items": {"type": "object"}}),
        Kind::Record(fields) => whole(fields),
        Kind::Records(fields) => json!({"type": "array", "items": whole(fields)}),
    }
}

fn of(resource: &Resource) -> Vec<(&'static str, Value)> {
    let names: Vec<&str> = resource.fields.iter().map(|field| field.name).collect();
    let plain = resource.fields.iter().filter(|field| field.kind.is_plain()).map(|field| field.name);
    let orders: Vec<String> = plain.flat_map(|name| [name.to_owned(), format!("-{name}")]).collect();
    let several = |name: &str, says: &str, items: Value| {
        json!({"name": name, "in": "query", "description": says, "style": "form", "explode": true,
            "schema": {"type": "array", "items": items}})
    };
    let filters: Map<String, Value> = resource.fields.iter().flat_map(filters).collect();
    let mut parameters = vec![
        ("field", several("field", "only these fields", json!({"enum": names}))),
        ("order", several("order", "by these fields, the first first; `-` turns it round", json!({"enum": orders}))),
        (
            "filter",
            json!({"name": "filter", "in": "query", "style": "form", "explode": true,
                "description": "only those of which all of it holds; repeated, eq, ne, contains, in and notin take several values",
                "schema": {"type": "object", "properties": filters, "additionalProperties": false}}),
        ),
    ];
    if resource.has_chosen_properties() {
        parameters.push(("property", several("property", "these properties, or `*`", json!({"type": "string"}))));
    }
    parameters
}

/// `results`, `results__lt` and so on.
fn filters(field: &'static Field) -> impl Iterator<Item = (String, Value)> {
    let value = move |operator: &str| match (operator, field.kind) {
        ("null", _) => json!({"type": "boolean"}),
        (_, Kind::Number | Kind::Time | Kind::Numbers) => json!({"type": "integer", "format": "int64"}),
        (_, Kind::Flag) => json!({"type": "boolean"}),
        _ => json!({"type": "string"}),
    };
    let operators = field.kind.operators();
    let bare = (field.kind.is_plain() || field.kind.is_list()).then(|| (field.name.to_owned(), value("")));
    bare.into_iter().chain(operators.iter().map(move |name| (format!("{}__{name}", field.name), value(name))))
}

fn page(name: &str, says: &str) -> Value {
    json!({"name": name, "in": "query", "description": says,
        "schema": {"type": "integer", "format": "int64", "minimum": 0}})
}
