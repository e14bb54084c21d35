//! A setting that names a formatter.

use serde_json::Map;
use serde_json::Value;

/// What stands in a setting that is marked `message-formatter`.
#[derive(Clone, Debug, PartialEq)]
pub enum FormatterSetting {
    /// `"short"`, or `{"plugin": "short", "width": 70}`: a plugin and its settings.
    Plugin {
        name: String,
        settings: Value,
    },
    /// `{"template": "…"}`, or a formatter of Buildbot by its class.
    Template,
    Unknown,
}

impl FormatterSetting {
    pub fn parse(json: &str) -> Self {
        serde_json::from_str(json).map_or(Self::Unknown, Self::of)
    }

    pub fn of(value: Value) -> Self {
        match value {
            Value::String(name) => Self::Plugin { name, settings: Value::Object(Map::new()) },
            Value::Object(mut object) => match object.remove("plugin") {
                Some(Value::String(name)) => Self::Plugin { name, settings: Value::Object(object) },
                Some(_) => Self::Unknown,
                None if ["template", "subject", "kind"].iter().any(|key| object.contains_key(*key)) => Self::Template,
                None => Self::Unknown,
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Self::Unknown,
        }
    }
}
