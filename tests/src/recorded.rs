//! Plays a recorded CI run into a host, as fast as it goes.

use crate::TestHost;
use serde_json::Map;
use serde_json::Value;
use std::path::Path;

/// Plays `examples/recorded/{name}` and returns what was saved, by name.
pub async fn play(host: &TestHost, name: &str) -> Map<String, Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/recorded").join(name);
    let text = std::fs::read_to_string(&path).expect("the recording reads");
    let mut saved = Map::new();
    for line in text.lines().skip(1) {
        let call: Value = serde_json::from_str(line).expect("a line is JSON");
        let method = call["method"].as_str().expect("a method");
        let result = host.update(method, fill_in(&call["params"], &saved)).await;
        if let Some(name) = call["save"].as_str() {
            saved.insert(name.to_owned(), result);
        }
    }
    saved
}

fn fill_in(value: &Value, saved: &Map<String, Value>) -> Value {
    match value {
        Value::Object(map) => match map.get("$saved") {
            Some(reference) => look_up(reference, saved),
            None => map.iter().map(|(key, value)| (key.clone(), fill_in(value, saved))).collect(),
        },
        Value::Array(list) => list.iter().map(|value| fill_in(value, saved)).collect(),
        plain => plain.clone(),
    }
}

fn look_up(reference: &Value, saved: &Map<String, Value>) -> Value {
    let parts = match reference {
        Value::Array(parts) => parts.clone(),
        name => vec![name.clone()],
    };
    let name = parts[0].as_str().expect("a name");
    let found = saved.get(name).unwrap_or_else(|| panic!("{name} was not saved"));
    parts[1..].iter().fold(found.clone(), |value, part| {
        let key = match fill_in(part, saved) {
            Value::String(key) => key,
            other => other.to_string(),
        };
        value[&key].clone()
    })
}
