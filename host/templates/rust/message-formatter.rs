//! What a message says about a build: a line, its page, and the steps that failed.

use campanile_sdk::ContextBuild;
use campanile_sdk::prelude::*;

/// What the operator may write beside the plugin's name. Its JSON Schema is published with the plugin.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Whether the steps that failed are named.
    #[serde(default = "yes")]
    steps: bool,
}

fn yes() -> bool {
    true
}

struct Plugin;

campanile_sdk::export!(formatter Plugin);

impl MessageFormatter for Plugin {
    const NAME: &'static str = "__NAME__";
    const SUMMARY: &'static str = "A line, a link, and the steps that failed";
    type Settings = Settings;

    fn format(settings: &Settings, context: &Context, _: &impl PluginHost) -> Result<Option<Formatted>, Failure> {
        // About a buildset or a worker there is nothing to say here: the default message goes out.
        let Some(build) = &context.build else { return Ok(None) };
        let subject = format!("{}: {}", context.buildername, context.summary);
        let mut lines = vec![subject.clone(), context.build_url.clone()];
        if settings.steps {
            lines.extend(failed_steps(build));
        }
        Ok(Some(Formatted { body: lines.join("\n"), kind: BodyKind::Plain, subject: Some(subject), extra: None }))
    }
}

fn failed_steps(build: &ContextBuild) -> impl Iterator<Item = String> {
    let failed = build.steps.iter().filter(|step| step.results == Some(Results::Failure));
    failed.map(|step| format!("failed: {}", step.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_sdk::testing::Given;
    use serde_json::json;

    #[test]
    fn a_failed_step_is_named_unless_that_is_not_wanted() {
        let context = json!({"build": {"steps": [{"name": "compile", "results": 2}, {"name": "clean", "results": 0}]}});
        let body = |settings| Given::settings(settings).format::<Plugin>(context.clone()).unwrap().unwrap().body;
        assert!(body(json!({})).ends_with("\nfailed: compile"));
        assert!(!body(json!({"steps": false})).contains("compile"));
    }
}
