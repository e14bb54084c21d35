//! A setting that names a formatter.
//!
//! Not here: the formatters that a reporter brings itself (templates and the like); their settings are the reporter's
//! to check.

use crate::model::Contents;
use crate::model::Extent;
use serde_json::Map;
use serde_json::Value;

/// What stands in a setting that is marked `message-formatter`.
#[derive(Clone, Debug, PartialEq)]
pub enum FormatterSetting {
    Plugin(FormatterPlugin),
    /// `{"template": "…"}`, or a formatter of Buildbot by its class: the reporter's own.
    Own,
    Unknown,
}

/// `"short"`, or `{"plugin": "short", "width": 70, "want_logs": false}`. Buildbot's spelling is
/// `{"kind": "MessageFormatterFunction", "function": "short"}`.
#[derive(Clone, Debug, PartialEq)]
pub struct FormatterPlugin {
    pub name: String,
    pub settings: Value,
    /// What it is told.
    pub scope: Extent,
    /// Takes the place of what its context would have.
    pub context: Map<String, Value>,
}

/// Classes of Buildbot whose formatter is a function, which here is a plugin.
const FUNCTIONS: [&str; 2] = ["MessageFormatterFunction", "MessageFormatterFunctionRaw"];

impl FormatterSetting {
    pub fn parse(json: &str) -> Self {
        serde_json::from_str(json).map_or(Self::Unknown, Self::of)
    }

    pub fn of(value: Value) -> Self {
        match value {
            Value::String(name) => Self::Plugin(FormatterPlugin::with(name, Map::new())),
            Value::Object(mut object) => {
                let function = object.get("kind").and_then(Value::as_str).is_some_and(|kind| FUNCTIONS.contains(&kind));
                if function {
                    object.remove("kind");
                }
                match object.remove(if function { "function" } else { "plugin" }) {
                    Some(Value::String(name)) => Self::Plugin(FormatterPlugin::with(name, object)),
                    None if !function => Self::Own,
                    Some(_) | None => Self::Unknown,
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Self::Unknown,
        }
    }
}

impl FormatterPlugin {
    pub(super) fn with(name: String, mut settings: Map<String, Value>) -> Self {
        let mut flag = |key, usual| match settings.remove(key) {
            Some(Value::Bool(wanted)) => wanted,
            _ => usual,
        };
        let usual = Extent::USUAL;
        let properties = flag("want_properties", usual.properties);
        let (steps, logs) = (flag("want_steps", usual.steps), flag("want_logs", usual.logs));
        let contents = match settings.remove("want_logs_content") {
            Some(Value::Bool(true)) => Contents::All,
            Some(Value::Array(names)) => {
                Contents::Named(names.into_iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
            }
            _ => usual.contents,
        };
        let context = match settings.remove("ctx") {
            Some(Value::Object(context)) => context,
            _ => Map::new(),
        };
        let scope = Extent { properties, steps, logs, contents };
        Self { name, settings: Value::Object(settings), scope, context }
    }
}
