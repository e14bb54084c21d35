//! `wantSteps` and `want_steps` are the same key: the schema's spelling.

use crate::model::Problem;
use crate::plugin::settings::walk;
use crate::plugin::settings::walk::Node;
use serde_json::Map;
use serde_json::Value;

/// The settings in the schema's spelling, and the keys that are there twice.
pub(super) fn normalise(schema: &Value, settings: Value) -> (Value, Vec<Problem>) {
    let mut problems = Vec::new();
    let settings = value(schema, &[schema], settings, ("", &mut problems));
    (settings, problems)
}

fn value(root: &Value, nodes: &[&Value], settings: Value, (at, problems): (&str, &mut Vec<Problem>)) -> Value {
    let flat: Vec<&Node> = nodes.iter().flat_map(|node| walk::flatten(root, node, &settings)).collect();
    match settings {
        Value::Object(object) => {
            let mut normal = Map::new();
            for (written, inner) in object {
                let key = spelled(&flat, &written);
                let at = walk::join(at, &key);
                let inner = value(root, &walk::property(&flat, &key), inner, (&at, problems));
                if normal.insert(key.clone(), inner).is_some() {
                    let message = format!("{key:?} is there twice, in two spellings");
                    problems.push(Problem { at, message });
                }
            }
            Value::Object(normal)
        }
        Value::Array(list) => {
            let normal = list
                .into_iter()
                .enumerate()
                .map(|(i, inner)| value(root, &walk::element(&flat, i), inner, (&walk::join(at, i), problems)));
            Value::Array(normal.collect())
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
    }
}

/// The schema's spelling of a key, if it knows the key.
fn spelled(flat: &[&Node], written: &str) -> String {
    let mut known = walk::keys(flat);
    if walk::keys(flat).any(|key| key == written) {
        return written.to_owned();
    }
    let wanted = snake(written);
    known.find(|key| snake(key) == wanted).cloned().unwrap_or_else(|| written.to_owned())
}

/// `reviewCB` and `review_cb` both become `review_cb`: a run of capitals is one word.
pub(super) fn snake(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    let mut snake = String::with_capacity(key.len() + 4);
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| chars[i]);
        let after = chars.get(i + 1);
        let word = before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit())
            || before.is_some_and(char::is_uppercase) && after.is_some_and(|a| a.is_lowercase());
        if c.is_uppercase() && word {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}
