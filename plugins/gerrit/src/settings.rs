//! The settings, with Buildbot's names and defaults: those of today, and those of the older `GerritStatusPush`.

use campanile_sdk::PluginChoice;
use campanile_sdk::contract::SshIdentity;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

use crate::generators::Generator;
use crate::generators::GeneratorKind;

/// Whom Gerrit may tell of a review.
const NOTIFY: [&str; 4] = ["NONE", "OWNER", "OWNER_REVIEWERS", "ALL"];

/// Reviews changes in Gerrit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where Gerrit takes SSH.
    #[schemars(extend("x-campanile" = "ssh-host", "x-campanile-port" = "port"))]
    pub(crate) server: String,
    /// The user who reviews.
    pub(crate) username: String,
    /// The port of server.
    #[serde(default = "gerrit_port")]
    pub(crate) port: u16,
    /// The file with the user's private key, by its whole path. Without it: the host's own key.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "ssh-identity"))]
    identity_file: Option<String>,
    /// The secret that holds the user's private key, by its name; in the place of identity_file.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "secret"))]
    identity: Option<String>,
    /// Whom Gerrit tells of a review: `NONE`, `OWNER`, `OWNER_REVIEWERS` or `ALL`. Without it: whom Gerrit always tells.
    #[serde(default)]
    notify: Option<String>,
    /// The callbacks that review each build that ended. Without it: no build by itself is reviewed.
    #[serde(default, rename = "reviewCB")]
    #[schemars(extend("x-campanile" = "review-callbacks"))]
    review_cb: Option<PluginChoice>,
    /// What reviewCB is told as `arg`.
    #[serde(default, rename = "reviewArg")]
    review_arg: Value,
    /// The callbacks that tell of each build that starts. Without it: nobody does.
    #[serde(default, rename = "startCB")]
    #[schemars(extend("x-campanile" = "review-callbacks"))]
    start_cb: Option<PluginChoice>,
    /// What startCB is told as `arg`.
    #[serde(default, rename = "startArg")]
    start_arg: Value,
    /// The callbacks that sum up a buildset. Without it: the default summary; but none where there is a reviewCB.
    #[serde(default, rename = "summaryCB")]
    #[schemars(extend("x-campanile" = "review-callbacks"))]
    summary_cb: Option<PluginChoice>,
    /// What summaryCB is told as `arg`.
    #[serde(default, rename = "summaryArg")]
    summary_arg: Value,
    /// The names of the builders whose builds count. Without it: all.
    #[serde(default)]
    builders: Option<Vec<String>>,
    /// Whether callbacks are told the steps of builds.
    #[serde(default, rename = "wantSteps")]
    want_steps: bool,
    /// Whether callbacks are told the logs of the steps.
    #[serde(default, rename = "wantLogs")]
    want_logs: bool,
    /// What is reviewed, and when; in the place of the callbacks and builders above.
    #[serde(default)]
    generators: Option<Vec<Generator>>,
}

impl Settings {
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        self.generators.as_deref().map_or_else(|| self.older().into(), Cow::Borrowed)
    }

    pub(crate) fn notify(&self) -> Option<String> {
        self.notify.as_ref().map(|notify| notify.to_uppercase())
    }

    pub(crate) fn identity(&self) -> Option<SshIdentity> {
        let file = || self.identity_file.clone().map(SshIdentity::File);
        self.identity.clone().map(SshIdentity::Secret).or_else(file)
    }

    /// What the older arguments mean.
    fn older(&self) -> Vec<Generator> {
        let generator = |kind, callback: &Option<PluginChoice>, arg: &Value| Generator {
            kind,
            callback: callback.clone(),
            callback_arg: arg.clone(),
            builders: self.builders.clone(),
            want_steps: self.want_steps,
            want_logs: self.want_logs,
        };
        let mut generators = Vec::new();
        if self.start_cb.is_some() {
            generators.push(generator(GeneratorKind::Start, &self.start_cb, &self.start_arg));
        }
        if self.review_cb.is_some() {
            generators.push(generator(GeneratorKind::End, &self.review_cb, &self.review_arg));
        }
        if self.summary_cb.is_some() || self.review_cb.is_none() {
            generators.push(generator(GeneratorKind::Set, &self.summary_cb, &self.summary_arg));
        }
        generators
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let name = self.username.as_str();
        if name.is_empty() || name.starts_with('-') || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
            problems.push(Problem::new("/username", format!("{name:?} is no user's name")));
        }
        if let Some(notify) = self.notify().filter(|notify| !NOTIFY.contains(&notify.as_str())) {
            problems.push(Problem::new("/notify", format!("{notify:?} is none of {}", NOTIFY.join(", "))));
        }
        if self.identity.is_some() && self.identity_file.is_some() {
            problems.push(Problem::new("/identity", "give identity or identity_file, not both"));
        }
        if let Some(generators) = &self.generators {
            let wrong = |(i, generator): (usize, &Generator)| generator.problem(i);
            problems.extend(generators.iter().enumerate().filter_map(wrong));
            problems.extend(self.said_twice());
        }
        problems
    }

    /// What stands beside `generators`, and means nothing then.
    fn said_twice(&self) -> impl Iterator<Item = Problem> {
        let set = [
            ("/reviewCB", self.review_cb.is_some()),
            ("/reviewArg", !self.review_arg.is_null()),
            ("/startCB", self.start_cb.is_some()),
            ("/startArg", !self.start_arg.is_null()),
            ("/summaryCB", self.summary_cb.is_some()),
            ("/summaryArg", !self.summary_arg.is_null()),
            ("/builders", self.builders.is_some()),
            ("/wantSteps", self.want_steps),
            ("/wantLogs", self.want_logs),
        ];
        let message = "the `generators` say this where there are some";
        set.into_iter().filter(|(_, set)| *set).map(move |(at, _)| Problem::new(at, message))
    }
}

fn gerrit_port() -> u16 {
    29_418
}
