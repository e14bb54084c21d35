//! The settings, with Buildbot's names and defaults.

use std::borrow::Cow;

use campanile_sdk::contract::Problem;
use campanile_sdk::generators;
use campanile_sdk::generators::Generator;
use campanile_sdk::generators::GeneratorKind;
use campanile_sdk::http::Access;
use campanile_sdk::http::Verify;
use schemars::JsonSchema;
use serde::Deserialize;

/// Comments on pull requests of Bitbucket Server how builds ended.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Where the server is.
    #[serde(rename = "base_url", alias = "baseUrl")]
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) base_url: String,

    /// The user who comments.
    pub(crate) user: String,

    /// The secret that holds the user's password, by its name.
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) password: String,

    /// What is reported, and how. Without it: builds that failed, succeeded or had warnings, in plain text.
    #[serde(default)]
    pub(crate) generators: Option<Vec<Generator>>,

    /// Whether the server's certificate is verified; or a file of authorities (PEM) that vouch for it, by its whole path.
    #[serde(default)]
    pub(crate) verify: Verify,
}

impl Settings {
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        let usual = || vec![Generator::new(GeneratorKind::BuildStatusGenerator)].into();
        self.generators.as_deref().map_or_else(usual, Cow::Borrowed)
    }

    pub(crate) fn access(&self) -> Access<'_> {
        let (user, password) = (Some(self.user.as_str()), Some(self.password.as_str()));
        Access { user, password, verify: Some(&self.verify), ..Access::default() }
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        generators::problems(self.generators.as_deref().unwrap_or_default(), "/generators")
    }
}
