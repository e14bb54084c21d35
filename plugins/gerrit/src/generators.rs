//! Generators: what is reviewed, and when, and by whose words.

use campanile_sdk::PluginChoice;
use campanile_sdk::contract::Moment;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Gerrit's generators of Buildbot, by their classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub(crate) enum GeneratorKind {
    /// Each build that starts.
    #[serde(rename = "GerritBuildStartStatusGenerator")]
    Start,
    /// Each build that ended.
    #[serde(rename = "GerritBuildEndStatusGenerator")]
    End,
    /// Each buildset that ended, as a whole.
    #[serde(rename = "GerritBuildSetStatusGenerator")]
    Set,
}

/// A generator.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Generator {
    /// Its class.
    pub(crate) kind: GeneratorKind,
    /// The callbacks that say it. Without them: Buildbot's default.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "review-callbacks"))]
    pub(crate) callback: Option<PluginChoice>,
    /// What the callbacks are told as `arg`.
    #[serde(default)]
    pub(crate) callback_arg: Value,
    /// The names of the builders whose builds count. Without it: all.
    #[serde(default)]
    pub(crate) builders: Option<Vec<String>>,
    /// Whether the callbacks are told the steps of builds.
    #[serde(default)]
    pub(crate) want_steps: bool,
    /// Whether the callbacks are told the logs of the steps.
    #[serde(default)]
    pub(crate) want_logs: bool,
}

impl Generator {
    pub(crate) fn moment(&self) -> Moment {
        match self.kind {
            GeneratorKind::Start => Moment::Start,
            GeneratorKind::End => Moment::End,
            GeneratorKind::Set => Moment::Summary,
        }
    }

    /// Whether builds of this builder count.
    pub(crate) fn counts(&self, builder: &str) -> bool {
        self.builders.as_ref().is_none_or(|names| names.iter().any(|name| name == builder))
    }

    /// What is wrong with it, where it is the one of this index.
    pub(crate) fn problem(&self, index: usize) -> Option<Problem> {
        let mute = self.moment() == Moment::Start && self.callback.is_none();
        let at = format!("/generators/{index}/callback");
        mute.then(|| {
            Problem::new(at, "a build that starts is told by a callback: give one, or leave the generator out")
        })
    }

    /// The callbacks as the host is asked for them: with what they are told; `None` if there are none.
    pub(crate) fn callbacks(&self, buildsets: &[Id], replaced: &[Id]) -> Option<String> {
        let chosen = self.callback.as_ref()?;
        let mut asked = match serde_json::from_str(chosen.json()) {
            Ok(Value::Object(chosen)) => chosen,
            Ok(name) => Map::from_iter([(String::from("plugin"), name)]),
            Err(_) => return None,
        };
        let mut tell = |key: &str, value: Value| {
            asked.entry(key).or_insert(value);
        };
        tell("want_steps", json!(self.want_steps));
        tell("want_logs", json!(self.want_logs));
        tell("ctx", json!({"arg": self.callback_arg}));
        if self.moment() == Moment::Summary {
            if let Some(builders) = &self.builders {
                tell("builders", json!(builders));
            }
            tell("buildsets", json!(buildsets));
            tell("replaced", json!(replaced));
        }
        Some(Value::Object(asked).to_string())
    }
}

/// What they want to be told.
pub(crate) fn subscriptions(generators: &[Generator]) -> Vec<Subscription> {
    let topics = [
        (Moment::Start, "builds/*/new"),
        (Moment::End, "builds/*/finished"),
        (Moment::Summary, "buildsets/*/complete"),
    ];
    let wanted = |moment: Moment| generators.iter().any(|generator| generator.moment() == moment);
    let topics = topics.into_iter().filter(|(moment, _)| wanted(*moment));
    topics.map(|(_, topic)| Subscription::to(topic, Want::PROPERTIES)).collect()
}
