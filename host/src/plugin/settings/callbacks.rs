//! A setting that names review callbacks, with their settings beside the name, and what they are told.

use crate::model::BuildId;
use crate::model::BuildsetId;
use crate::model::ReviewScope;
use crate::plugin::settings::FormatterPlugin;
use crate::plugin::settings::NamedPlugin;
use serde_json::Map;
use serde_json::Value;

/// `"votes"`, or `{"plugin": "votes", "verbose": true}`. A reporter adds what they are told: the keys that formatters have
/// (`want_steps` and so on, and `ctx`), and of a buildset `builders`, `buildsets` and `replaced`. The plugin sees none of them.
#[derive(Clone, Debug, PartialEq)]
pub struct CallbacksSetting {
    pub name: String,
    pub settings: Value,
    pub scope: ReviewScope,
    /// Takes the place of what the context would have.
    pub context: Map<String, Value>,
}

impl CallbacksSetting {
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok().and_then(Self::of)
    }

    /// Nothing where no name stands.
    pub fn of(value: Value) -> Option<Self> {
        let NamedPlugin { name, settings } = NamedPlugin::of(value)?;
        let Value::Object(mut settings) = settings else { return None };
        let builders = settings.remove("builders").and_then(|names| serde_json::from_value(names).ok());
        let mut ids = |key: &str| -> Vec<i64> {
            settings.remove(key).and_then(|ids| serde_json::from_value(ids).ok()).unwrap_or_default()
        };
        let buildsets = ids("buildsets").into_iter().map(BuildsetId).collect();
        let replaced = ids("replaced").into_iter().map(BuildId).collect();
        let FormatterPlugin { name, settings, scope: extent, context } = FormatterPlugin::with(name, settings);
        Some(Self { name, settings, scope: ReviewScope { extent, builders, buildsets, replaced }, context })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_they_are_told_is_not_theirs() {
        let setting = json!({"plugin": "votes", "verbose": true, "want_logs": false, "ctx": {"arg": 7},
            "builders": ["linux"], "buildsets": [3], "replaced": [7]});
        let CallbacksSetting { name, settings, scope, context } = CallbacksSetting::of(setting).unwrap();
        assert_eq!((name.as_str(), settings), ("votes", json!({"verbose": true})));
        assert_eq!((scope.builders, scope.buildsets), (Some(vec!["linux".to_owned()]), vec![BuildsetId(3)]));
        assert_eq!(scope.replaced, [BuildId(7)]);
        assert!(scope.extent.properties && scope.extent.steps && !scope.extent.logs);
        assert_eq!(Value::Object(context), json!({"arg": 7}));
        let by_name = CallbacksSetting::parse("\"votes\"").unwrap();
        assert_eq!((by_name.name.as_str(), by_name.scope.builders), ("votes", None));
        assert_eq!(CallbacksSetting::parse("7"), None);
    }
}
