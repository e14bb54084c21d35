//! What is said in Gerrit about builds, and how they are voted on.

use campanile_sdk::prelude::*;

/// What the operator may write beside the plugin's name. Its JSON Schema is published with the plugin.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The label to vote on.
    #[serde(default = "verified")]
    label: String,
}

fn verified() -> String {
    "Verified".to_owned()
}

struct Plugin;

campanile_sdk::export!(callbacks Plugin);

impl ReviewCallbacks for Plugin {
    const NAME: &'static str = "__NAME__";
    const SUMMARY: &'static str = "Says what was built, and votes";
    type Settings = Settings;

    /// A build has started.
    fn start(_: &Settings, context: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        Ok(Answer::message(format!("{} started: {}", context.builder_name, context.build_url)))
    }

    /// A build has ended. What is tried again is not worth a word.
    fn review(settings: &Settings, context: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        if context.results == Some(Results::Retry) {
            return Ok(Answer::Nothing);
        }
        let message = format!("{}: {} {}", context.builder_name, context.summary, context.build_url);
        Ok(Answer::message(message).vote(&settings.label, vote(&[context.results])))
    }

    /// A buildset has ended.
    fn summary(settings: &Settings, context: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        let builds = &context.build_info_list;
        let lines: Vec<String> =
            builds.iter().map(|build| format!("{} {}: {}", build.name, build.result_text, build.url)).collect();
        let results: Vec<Option<Results>> = builds.iter().map(|build| build.result).collect();
        Ok(Answer::message(lines.join("\n")).vote(&settings.label, vote(&results)))
    }
}

fn vote(results: &[Option<Results>]) -> i32 {
    let good = |results: &Option<Results>| matches!(results, Some(Results::Success | Results::Warnings));
    if results.iter().all(good) { 1 } else { -1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_sdk::contract::Moment;
    use campanile_sdk::testing::Given;
    use serde_json::json;

    #[test]
    fn a_failure_is_voted_down() {
        let given = Given::settings(json!({}));
        let context = json!({"builderName": "linux", "results": 2, "summary": "BUILD FAILED", "build_url": "u"});
        let said = given.review_of::<Plugin>(Moment::End, context).unwrap();
        assert_eq!(said, Answer::message("linux: BUILD FAILED u").vote("Verified", -1));
        assert_eq!(given.review_of::<Plugin>(Moment::End, json!({"results": 5})).unwrap(), Answer::Nothing);
    }
}
