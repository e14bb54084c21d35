//! Schemas that answers are made of: plain values, lists and their pages, a delivery.

use super::about::object;
use crate::model::DeliveryState;
use crate::model::Scope;
use serde_json::Value;
use serde_json::json;

pub(super) fn delivery() -> Value {
    let states = DeliveryState::ALL.map(DeliveryState::name);
    json!({
        "deliveryid": number(),
        "uid": text(),
        "reporter": text(),
        "event": number(),
        "key": text(),
        "transport": text(),
        "destination": text(),
        "lane": or_null(&text()),
        "replace": or_null(&text()),
        "receipt": {"type": "boolean"},
        "state": {"enum": states},
        "reason": or_null(&text()),
        "tries": number(),
        "created_at_ms": number(),
        "due_at_ms": or_null(&number()),
        "expires_at_ms": or_null(&number()),
        "settled_at_ms": or_null(&number()),
    })
}

pub(super) fn scopes() -> Value {
    json!({"type": "array", "items": {"enum": Scope::ALL.map(Scope::name)}, "minItems": 1})
}

pub(super) fn text() -> Value {
    json!({"type": "string"})
}

pub(super) fn line() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": 0})
}

pub(super) fn number() -> Value {
    json!({"type": "integer", "format": "int64"})
}

pub(super) fn or_null(schema: &Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

pub(super) fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

pub(super) fn page(plural: &str, item: &Value) -> Value {
    object(json!({plural: list(item), "meta": object(json!({"total": {"type": "integer", "minimum": 0}}))}))
}

pub(super) fn single(plural: &str, item: &Value) -> Value {
    object(json!({plural: {"type": "array", "items": item, "minItems": 1, "maxItems": 1}, "meta": object(json!({}))}))
}
