//! The settings, with Buildbot's names and defaults.

use campanile_sdk::Renderable;
use campanile_sdk::contract::Problem;
use campanile_sdk::forges;
use campanile_sdk::generators::Generator;
use campanile_sdk::http::Verify;
use schemars::JsonSchema;
use serde::Deserialize;
use std::borrow::Cow;

/// Shows at GitLab how commits fare.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The secret that holds a token of GitLab's, by its name.
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) token: String,
    /// The name under which the state is shown, with placeholders.
    #[serde(default = "of_builder")]
    pub(crate) context: Renderable,
    /// Where GitLab is.
    #[serde(default = "gitlab", rename = "baseURL")]
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) base_url: String,
    /// What is reported, and how. Without it: requests, builds that start, and builds that ended.
    #[serde(default)]
    pub(crate) generators: Option<Vec<Generator>>,
    /// Whether the server's certificate is verified; or a file of authorities that vouch for it (PEM), by its whole path.
    #[serde(default)]
    pub(crate) verify: Verify,
    /// Whether each status is written into the plugin's log, too.
    #[serde(default)]
    pub(crate) verbose: bool,
    /// The same as verbose.
    #[serde(default)]
    pub(crate) debug: bool,
}

impl Settings {
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        let usual = || forges::request_start_end(None, None).into();
        self.generators.as_deref().map_or_else(usual, Cow::Borrowed)
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = forges::problems(self.generators.as_deref().unwrap_or_default(), "/generators");
        problems.extend(self.context.plain_problem().map(|problem| Problem::new("/context", problem)));
        problems
    }
}

fn of_builder() -> Renderable {
    "buildbot/%(prop:buildername)s".into()
}

fn gitlab() -> String {
    String::from("https://gitlab.com")
}
