//! The settings, with Buildbot's names and defaults.

use std::borrow::Cow;

use campanile_sdk::Renderable;
use campanile_sdk::contract::Problem;
use campanile_sdk::forges;
use campanile_sdk::generators::Generator;
use campanile_sdk::http::Access;
use campanile_sdk::http::Verify;
use schemars::JsonSchema;
use serde::Deserialize;

/// Shows at Bitbucket Server how commits fare.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Where the server is.
    #[serde(rename = "base_url", alias = "baseUrl")]
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) base_url: String,

    /// The user who posts.
    pub(crate) user: String,

    /// The secret that holds the user's password, by its name.
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) password: String,

    /// What tells the states of a commit apart, with placeholders: of each key the last is shown. Without it: the
    /// builder's name.
    #[serde(default = "of_builder")]
    pub(crate) key: Renderable,

    /// What the state is called, with placeholders. Without it, the server shows the key.
    #[serde(default, alias = "status_name")]
    pub(crate) status_name: Option<Renderable>,

    /// What is said of a build that starts, with placeholders. Without it: `Build started.`
    #[serde(default, alias = "start_description")]
    pub(crate) start_description: Option<Renderable>,

    /// What is said of a build that ended, with placeholders. Without it: `Build done.`
    #[serde(default, alias = "end_description")]
    pub(crate) end_description: Option<Renderable>,

    /// What is reported, and how. Without it: builds that start, and builds that ended.
    #[serde(default)]
    pub(crate) generators: Option<Vec<Generator>>,

    /// Whether each status is written into the plugin's log, too.
    #[serde(default)]
    pub(crate) verbose: bool,

    /// The same as verbose.
    #[serde(default)]
    pub(crate) debug: bool,

    /// Whether the server's certificate is verified; or a file of authorities (PEM) that vouch for it, by its whole path.
    #[serde(default)]
    pub(crate) verify: Verify,
}

impl Settings {
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        let usual = || forges::start_end(self.start_description.as_ref(), self.end_description.as_ref()).into();
        self.generators.as_deref().map_or_else(usual, Cow::Borrowed)
    }

    pub(crate) fn access(&self) -> Access<'_> {
        let (user, password) = (Some(self.user.as_str()), Some(self.password.as_str()));
        Access { user, password, verify: Some(&self.verify), ..Access::default() }
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let names = [("/key", Some(&self.key)), ("/statusName", self.status_name.as_ref())];
        let descriptions = [
            ("/startDescription", self.start_description.as_ref()),
            ("/endDescription", self.end_description.as_ref()),
        ];
        let mut problems = [forges::text_problems(&names), forges::text_problems(&descriptions)].concat();
        if let Some(generators) = &self.generators {
            problems.extend(forges::problems(generators, "/generators"));
            problems.extend(forges::said_twice(&descriptions));
        }
        problems
    }
}

fn of_builder() -> Renderable {
    "%(prop:buildername)s".into()
}
