//! The schema's defaults, filled in where the operator wrote nothing.

use crate::plugin::settings::walk;
use crate::plugin::settings::walk::Node;
use serde_json::Value;

pub(super) fn fill(schema: &Value, settings: &mut Value) {
    value(schema, &[schema], settings);
}

fn value(root: &Value, nodes: &[&Value], settings: &mut Value) {
    let flat: Vec<&Node> = nodes.iter().flat_map(|node| walk::flatten(root, node, settings)).collect();
    match settings {
        Value::Object(object) => {
            for key in walk::keys(&flat) {
                if object.contains_key(key) {
                    continue;
                }
                let default = walk::property(&flat, key).into_iter().find_map(|schema| schema.get("default"));
                if let Some(default) = default {
                    object.insert(key.clone(), default.clone());
                }
            }
            for (key, inner) in object.iter_mut() {
                value(root, &walk::property(&flat, key), inner);
            }
        }
        Value::Array(list) => {
            for (i, inner) in list.iter_mut().enumerate() {
                value(root, &walk::element(&flat, i), inner);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
