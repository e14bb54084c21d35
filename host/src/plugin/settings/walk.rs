//! Which parts of a schema speak about a value.
//!
//! References are followed and combinations are laid flat. Of alternatives those count that the value could mean, by
//! its type and by constants such as `kind`; that is enough to find keys, and the validator has the last word.

use serde_json::Map;
use serde_json::Value;

/// A chain of references that is longer, or leads to itself, is not followed further.
const DEPTH: usize = 16;

pub(super) type Node = Map<String, Value>;

/// All subschemas at `node` that apply to `value`, the node itself first.
pub(super) fn flatten<'s>(root: &'s Value, node: &'s Value, value: &Value) -> Vec<&'s Node> {
    let mut flat = Vec::new();
    collect(root, node, value, &mut flat);
    flat
}

fn collect<'s>(root: &'s Value, node: &'s Value, value: &Value, flat: &mut Vec<&'s Node>) {
    let Value::Object(node) = node else { return };
    // Each node once, so that a schema which refers to itself ends.
    if flat.iter().any(|known| std::ptr::eq(*known, node)) {
        return;
    }
    flat.push(node);
    if let Some(target) = reference(root, node) {
        collect(root, target, value, flat);
    }
    for branch in list(node, "allOf") {
        collect(root, branch, value, flat);
    }
    for branch in list(node, "anyOf").iter().chain(list(node, "oneOf")) {
        if fits(root, branch, value, 0) {
            collect(root, branch, value, flat);
        }
    }
}

/// The schema of a key, among subschemas of the object that has it.
pub(super) fn property<'s>(flat: &[&'s Node], key: &str) -> Vec<&'s Value> {
    let named: Vec<&Value> = flat.iter().filter_map(|node| node.get("properties")?.get(key)).collect();
    if !named.is_empty() {
        return named;
    }
    flat.iter().filter_map(|node| node.get("additionalProperties")).collect()
}

/// The schema of an element, among subschemas of its list.
pub(super) fn element<'s>(flat: &[&'s Node], index: usize) -> Vec<&'s Value> {
    let element = |node: &&'s Node| node.get("prefixItems").and_then(|items| items.get(index)).or(node.get("items"));
    flat.iter().filter_map(element).collect()
}

/// The keys that an object may have by name.
pub(super) fn keys<'s>(flat: &[&'s Node]) -> impl Iterator<Item = &'s String> {
    flat.iter().filter_map(|node| node.get("properties")?.as_object()).flat_map(Map::keys)
}

/// A JSON pointer, one step further.
pub(super) fn join(pointer: &str, part: impl std::fmt::Display) -> String {
    format!("{pointer}/{}", part.to_string().replace('~', "~0").replace('/', "~1"))
}

fn reference<'s>(root: &'s Value, node: &'s Node) -> Option<&'s Value> {
    root.pointer(node.get("$ref")?.as_str()?.strip_prefix('#')?)
}

fn list<'s>(node: &'s Node, key: &str) -> &'s [Value] {
    node.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether a value could mean this alternative.
fn fits(root: &Value, branch: &Value, value: &Value, depth: usize) -> bool {
    let Value::Object(node) = branch else { return true };
    let of_type = node.get("type").is_none_or(|wanted| match wanted {
        Value::String(name) => is(value, name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(|name| is(value, name)),
        _ => true,
    });
    let constant = node.get("const").is_none_or(|constant| constant == value);
    let listed = node.get("enum").and_then(Value::as_array).is_none_or(|values| values.contains(value));
    let tagged = node.get("properties").and_then(Value::as_object).is_none_or(|properties| {
        let constants = properties.iter().filter_map(|(key, schema)| Some((value.get(key)?, schema.get("const")?)));
        constants.into_iter().all(|(actual, constant)| actual == constant)
    });
    let referred = match reference(root, node) {
        Some(target) if depth <= DEPTH => fits(root, target, value, depth + 1),
        _ => true,
    };
    of_type && constant && listed && tagged && referred
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => value.is_number(),
    }
}
