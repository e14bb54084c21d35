//! The settings, with Buildbot's names and defaults.

use campanile_sdk::Renderable;
use campanile_sdk::forges;
use campanile_sdk::generators;
use campanile_sdk::generators::Generator;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use std::borrow::Cow;

/// Shows in Gerrit how builds of changes fare.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Where Gerrit is.
    #[serde(rename = "baseURL")]
    #[schemars(extend("x-campanile" = "http-origin"))]
    base_url: String,
    /// The user who posts. Together with password.
    user: String,
    /// The secret that holds the user's HTTP password, by its name.
    #[schemars(extend("x-campanile" = "secret"))]
    password: String,
    /// What the verification is called, with placeholders.
    #[serde(default = "builder")]
    pub(crate) verification_name: Renderable,
    /// Whether the vote does not count.
    #[serde(default)]
    pub(crate) abstain: bool,
    /// The category of the verification, with placeholders.
    #[serde(default)]
    pub(crate) category: Option<Renderable>,
    /// Who verifies, with placeholders.
    #[serde(default = "buildbot")]
    pub(crate) reporter: Option<Renderable>,
    /// What is reported, and how. Without it: builds that start, and builds that ended.
    #[serde(default)]
    generators: Option<Vec<Generator>>,
    /// Whether each verification is written into the plugin's log, too.
    #[serde(default)]
    pub(crate) verbose: bool,
    /// The same as verbose.
    #[serde(default)]
    pub(crate) debug: bool,
}

impl Settings {
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        self.generators.as_deref().map_or_else(|| forges::start_end(None, None).into(), Cow::Borrowed)
    }

    /// A request about a revision of a change, each as it stands in a URL.
    pub(crate) fn post(&self, change: &str, revision: &str) -> HttpRequest {
        let base = self.base_url.trim_end_matches('/');
        let url = format!("{base}/a/changes/{change}/revisions/{revision}/verify-status~verifications");
        HttpRequest::post(literal(url)).login(literal(&self.user), secret(&self.password))
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let texts = [
            ("/verificationName", Some(&self.verification_name)),
            ("/category", self.category.as_ref()),
            ("/reporter", self.reporter.as_ref()),
        ];
        let wrong = |(at, text): (&str, Option<&Renderable>)| Some(Problem::new(at, text?.plain_problem()?));
        let problems = generators::problems(self.generators.as_deref().unwrap_or_default(), "/generators");
        problems.into_iter().chain(texts.into_iter().filter_map(wrong)).collect()
    }
}

fn builder() -> Renderable {
    "%(prop:buildername)s".into()
}

fn buildbot() -> Option<Renderable> {
    Some("buildbot".into())
}
