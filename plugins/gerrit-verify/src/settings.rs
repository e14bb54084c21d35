//! The settings, with Buildbot's names and defaults.

use campanile_sdk::Renderable;
use campanile_sdk::forges;
use campanile_sdk::generators::Generator;
use campanile_sdk::http::Access;
use campanile_sdk::http::Login;
use campanile_sdk::http::Verify;
use campanile_sdk::http::join;
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
    /// The user who posts, and the secret that holds the user's HTTP password, by its name.
    auth: Login,
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
    /// Whether the server's certificate is verified; or a file of authorities that vouch for it (PEM), by its whole path.
    #[serde(default)]
    verify: Verify,
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
        let path = format!("a/changes/{change}/revisions/{revision}/verify-status~verifications");
        let access = Access { auth: Some(&self.auth), verify: Some(&self.verify), ..Access::default() };
        HttpRequest::post(literal(join(&self.base_url, &path))).with(&access)
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let texts = [
            ("/verificationName", Some(&self.verification_name)),
            ("/category", self.category.as_ref()),
            ("/reporter", self.reporter.as_ref()),
        ];
        let wrong = |(at, text): (&str, Option<&Renderable>)| Some(Problem::new(at, text?.plain_problem()?));
        let problems = forges::problems(self.generators.as_deref().unwrap_or_default(), "/generators");
        problems.into_iter().chain(texts.into_iter().filter_map(wrong)).collect()
    }
}

fn builder() -> Renderable {
    "%(prop:buildername)s".into()
}

fn buildbot() -> Option<Renderable> {
    Some("buildbot".into())
}
