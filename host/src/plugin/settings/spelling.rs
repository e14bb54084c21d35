//! `wantSteps` and `want_steps` are the same key: the schema's spelling.

use crate::model::Problem;
use crate::plugin::settings::walk;
use crate::plugin::settings::walk::Node;
use serde_json::Map;
use serde_json::Value;

/// The settings in the schema's spelling, and the keys that are there twice.
pub(super) fn normalise(schema: &Value, settings: Value) -> (Value, Vec<Problem>) {
    let mut speller = Speller { root: schema, problems: Vec::new() };
    let settings = speller.value(&[schema], settings, "");
    (settings, speller.problems)
}

struct Speller<'s> {
    root: &'s Value,
    problems: Vec<Problem>,
}

impl Speller<'_> {
    fn value(&mut self, nodes: &[&Value], settings: Value, at: &str) -> Value {
        let root = self.root;
        let flat: Vec<&Node> = nodes.iter().flat_map(|node| walk::flatten(root, node, &settings)).collect();
        match settings {
            Value::Object(object) => self.object(&flat, object, at),
            Value::Array(list) => {
                let element = |(i, inner)| self.value(&walk::element(&flat, i), inner, &walk::join(at, i));
                Value::Array(list.into_iter().enumerate().map(element).collect())
            }
            plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
        }
    }

    fn object(&mut self, flat: &[&Node], object: Map<String, Value>, at: &str) -> Value {
        let mut normal = Map::new();
        for (written, inner) in object {
            let key = spelled(flat, &written);
            let at = walk::join(at, &key);
            let inner = self.value(&walk::property(flat, &key), inner, &at);
            if normal.insert(key.clone(), inner).is_some() {
                self.problems.push(Problem { at, message: format!("{key:?} is there twice, in two spellings") });
            }
        }
        Value::Object(normal)
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
