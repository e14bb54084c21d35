//! A `format_fn` for HTTP pushes: says in JSON which build it was and how it ended.
//!
//! Not here: where it is posted, and when; that is the reporter's.

use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

/// The settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The property that tells the branch.
    #[serde(default = "branch")]
    property: String,
}

struct BuildJson;

campanile_sdk::export!(formatter BuildJson);

impl MessageFormatter for BuildJson {
    const NAME: &'static str = "build-json";
    const SUMMARY: &'static str = "Says in JSON which build it was and how it ended";
    type Settings = Settings;

    fn format(settings: &Settings, context: &Context, _: &impl PluginHost) -> Result<Option<Formatted>, Failure> {
        let Some(build) = &context.build else { return Ok(None) };
        let json = serde_json::json!({
            "text": format!("{} #{}", context.buildername, build.number),
            "state": build.results.map_or("running", Results::name),
            "branch": build.properties.get(&settings.property).map(|(value, _)| value),
            "url": build.url,
        });
        Ok(Some(Formatted { body: json.to_string(), kind: BodyKind::Json, subject: None, extra: None }))
    }
}

fn branch() -> String {
    "branch".to_owned()
}

#[cfg(test)]
mod tests {
    use campanile_sdk::testing::Given;
    use serde_json::Value;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(build: Value, expected: Value) {
        let formatted = Given::settings(json!({})).format::<BuildJson>(json!({"buildername": "linux", "build": build}));
        let formatted = formatted.expect("formats").expect("has something to say");
        assert_eq!(formatted.kind, BodyKind::Json);
        assert_eq!(serde_json::from_str::<Value>(&formatted.body).expect("JSON"), expected);
    }

    #[test]
    fn says_which_build_it_was() {
        check(
            json!({"number": 7, "results": 2, "url": "u", "properties": {"branch": ["main", "Build"]}}),
            json!({"text": "linux #7", "state": "failure", "branch": "main", "url": "u"}),
        );
        check(
            json!({"number": 8, "results": null, "url": "u"}),
            json!({"text": "linux #8", "state": "running", "branch": null, "url": "u"}),
        );
    }

    #[test]
    fn has_nothing_to_say_of_a_buildset() {
        assert_eq!(Given::settings(json!({})).format::<BuildJson>(json!({"builds": []})), Ok(None));
    }
}
