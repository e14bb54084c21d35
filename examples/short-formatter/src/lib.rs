//! A message formatter for phones: one line, how the build ended.
//!
//! Not here: the subject; without one the reporter writes its own.

use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

/// The settings.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The line is cut after so many characters; without it, never.
    #[serde(default)]
    #[schemars(range(min = 1))]
    width: Option<usize>,
}

struct Short;

campanile_sdk::export!(formatter Short);

impl MessageFormatter for Short {
    const NAME: &'static str = "short";
    const SUMMARY: &'static str = "One line for phones: how the build ended";
    type Settings = Settings;

    fn format(settings: &Settings, context: &Context, _: &impl PluginHost) -> Result<Option<Formatted>, Failure> {
        let line = format!("STATUS: {}", context.results.map_or("Not finished", Results::title));
        let body = line.chars().take(settings.width.unwrap_or(usize::MAX)).collect();
        Ok(Some(Formatted { body, kind: BodyKind::Plain, subject: None, extra: None }))
    }
}

#[cfg(test)]
mod tests {
    use campanile_sdk::testing::Given;
    use serde_json::Value;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(settings: Value, results: Value, body: &str) {
        let formatted = Given::settings(settings).format::<Short>(json!({"results": results, "mode": ["failing"]}));
        let formatted = formatted.expect("formats").expect("has something to say");
        assert_eq!((formatted.body.as_str(), formatted.kind), (body, BodyKind::Plain));
    }

    #[test]
    fn says_how_the_build_ended() {
        check(json!({}), json!(0), "STATUS: Success");
        check(json!({}), json!(2), "STATUS: Failure");
        check(json!({}), json!(null), "STATUS: Not finished");
    }

    #[test]
    fn is_cut_to_the_width() {
        check(json!({"width": 11}), json!(6), "STATUS: Can");
        check(json!({"width": 70}), json!(6), "STATUS: Cancelled");
        check(json!({"width": null}), json!(6), "STATUS: Cancelled");
    }

    #[test]
    fn refuses_settings_that_it_does_not_know() {
        let failure = Given::settings(json!({"length": 7})).format::<Short>(json!({})).expect_err("is refused");
        let expected = "the settings do not fit: /length: unknown field `length`, expected `width`";
        assert_eq!(failure, Failure::GiveUp(expected.to_owned()));
    }
}
