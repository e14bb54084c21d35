//! The three Gerrit callbacks of Buildbot's manual: each build is reviewed, its start is told, and a buildset is summed up.

use campanile_sdk::prelude::*;

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

struct GerritCallbacks;

campanile_sdk::export!(callbacks GerritCallbacks);

impl ReviewCallbacks for GerritCallbacks {
    const NAME: &'static str = "gerrit-callbacks";
    const SUMMARY: &'static str = "The Gerrit callbacks of Buildbot's manual";
    type Settings = Settings;

    /// `gerritReviewCB(builderName, build, result, status, arg)`.
    fn review(settings: &Settings, context: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        let Some(result) = context.results.filter(|result| *result != Results::Retry) else {
            return Ok(Answer::Nothing);
        };
        let mut message = String::from("Buildbot finished compiling your patchset\n");
        message += &format!("on configuration: {}\n", context.builder_name);
        message += &format!("The result is: {}\n", result.name().to_uppercase());
        if context.arg != false && !context.arg.is_null() {
            message += &format!("\nFor more details visit:\n{}\n", context.build_url);
        }
        Ok(Answer::message(message).vote(&settings.label, if result == Results::Success { 1 } else { -1 }))
    }

    /// `gerritStartCB(builderName, build, arg)`. It is no vote.
    fn start(_: &Settings, context: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        let mut message = String::from("Buildbot started compiling your patchset\n");
        message += &format!("on configuration: {}\n", context.builder_name);
        Ok(Answer::message(message))
    }

    /// `gerritSummaryCB(buildInfoList, results, status, arg)`.
    fn summary(settings: &Settings, context: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        let builds = &context.build_info_list;
        let line = |build: &campanile_sdk::ContextBuildInfo| {
            let link = if build.url.is_empty() { ".".to_owned() } else { format!(" - {}", build.url) };
            format!("Builder {} {} ({}){link}", build.name, build.result_text, build.text)
        };
        let lines: Vec<String> = builds.iter().map(line).collect();
        let good = !builds.is_empty() && builds.iter().all(|build| build.result == Some(Results::Success));
        Ok(Answer::message(lines.join("\n\n")).vote(&settings.label, if good { 1 } else { -1 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_sdk::contract::Moment;
    use campanile_sdk::testing::Given;
    use serde_json::Value;
    use serde_json::json;

    fn said(moment: Moment, context: Value) -> Answer {
        Given::settings(json!({})).review_of::<GerritCallbacks>(moment, context).expect("it answers")
    }

    #[test]
    fn a_build_is_reviewed() {
        let build = |results: i32, arg: bool| {
            said(
                Moment::End,
                json!({"builderName": "linux", "results": results, "build_url": "https://ci/1", "arg": arg}),
            )
        };
        let passed = "Buildbot finished compiling your patchset\non configuration: linux\nThe result is: SUCCESS\n";
        assert_eq!(build(0, false), Answer::message(passed).vote("Verified", 1));
        let link = "\nFor more details visit:\nhttps://ci/1\n";
        assert_eq!(build(0, true), Answer::message(format!("{passed}{link}")).vote("Verified", 1));
        let failed = passed.replace("SUCCESS", "FAILURE");
        assert_eq!(build(2, false), Answer::message(failed).vote("Verified", -1));
        assert_eq!(build(5, false), Answer::Nothing);
    }

    #[test]
    fn a_buildset_is_summed_up() {
        let info = |name: &str, result: i32, text: &str| json!({"name": name, "result": result, "resultText": text, "text": "because", "url": "https://ci/1"});
        let summary = |infos: Value| said(Moment::Summary, json!({"buildInfoList": infos}));
        let good = "Builder a succeeded (because) - https://ci/1";
        assert_eq!(summary(json!([info("a", 0, "succeeded")])), Answer::message(good).vote("Verified", 1));
        let both = format!("{good}\n\nBuilder b failed (because) - https://ci/1");
        let infos = json!([info("a", 0, "succeeded"), info("b", 2, "failed")]);
        assert_eq!(summary(infos), Answer::message(both).vote("Verified", -1));
    }
}
