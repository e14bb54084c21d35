//! A setting that names another plugin, with its settings beside the name.
//!
//! Not here: formatters, which a reporter may bring itself, and which the host tells more or less (`formatter`).

use serde_json::Map;
use serde_json::Value;

/// `"people"`, or `{"plugin": "people", "domain": "example.org"}`.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPlugin {
    pub name: String,
    pub settings: Value,
}

impl NamedPlugin {
    /// Nothing where no name stands.
    pub fn of(value: Value) -> Option<Self> {
        match value {
            Value::String(name) => Some(Self { name, settings: Value::Object(Map::new()) }),
            Value::Object(mut settings) => match settings.remove("plugin") {
                Some(Value::String(name)) => Some(Self { name, settings: Value::Object(settings) }),
                Some(_) | None => None,
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        }
    }
}
