//! The settings, with Buildbot's names and defaults.

use campanile_sdk::contract::Problem;
use campanile_sdk::forges;
use campanile_sdk::formatters::FormatterChoice;
use campanile_sdk::generators::Generator;
use campanile_sdk::http::Verify;
use schemars::JsonSchema;
use serde::Deserialize;
use std::borrow::Cow;

/// Comments on GitHub's pull requests how builds ended.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The secret that holds a token of GitHub's, by its name.
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) token: String,

    /// Where GitHub's API is; of GitHub Enterprise it is `https://host/api/v3`.
    #[serde(default = "github", rename = "baseURL")]
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) base_url: String,

    /// Whether the server's certificate is verified; or a file of authorities that vouch for it (PEM), by its whole path.
    #[serde(default)]
    pub(crate) verify: Verify,

    /// What is reported, and what the comment says. Without it: builds that ended.
    #[serde(default)]
    pub(crate) generators: Option<Vec<Generator>>,

    /// Whether each comment is written into the plugin's log, too.
    #[serde(default)]
    pub(crate) verbose: bool,

    /// The same as verbose.
    #[serde(default)]
    pub(crate) debug: bool,

    /// Changes nothing: a comment has no context.
    #[serde(default, rename = "context")]
    _context: Option<String>,
}

impl Settings {
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        let usual = || {
            let mut generators = forges::start_end(None, None);
            generators.iter_mut().for_each(|generator| generator.start_formatter = Some(FormatterChoice::empty()));
            generators.into()
        };
        self.generators.as_deref().map_or_else(usual, Cow::Borrowed)
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        forges::problems(self.generators.as_deref().unwrap_or_default(), "/generators")
    }
}

fn github() -> String {
    String::from("https://api.github.com")
}
