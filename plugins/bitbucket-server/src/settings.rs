//! The settings, with Buildbot's names and defaults.

use std::borrow::Cow;

use campanile_sdk::Renderable;
use campanile_sdk::contract::HttpRequest;
use campanile_sdk::contract::Problem;
use campanile_sdk::forges;
use campanile_sdk::generators::Generator;
use campanile_sdk::http::Access;
use campanile_sdk::http::Login;
use campanile_sdk::http::Verify;
use campanile_sdk::literal;
use campanile_sdk::secret;
use schemars::JsonSchema;
use serde::Deserialize;

/// Shows at Bitbucket Server how commits fare, with all that its API takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Where the server is.
    #[serde(rename = "base_url", alias = "baseUrl")]
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) base_url: String,

    /// The secret that holds a token of the server's, by its name. Either this or auth.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) token: Option<String>,

    /// Who posts: a user, and the name of the secret with the password.
    #[serde(default)]
    pub(crate) auth: Option<Login>,

    /// What the state is called, with placeholders. Without it: the builder and the number of the build, behind those of the
    /// build that triggered it.
    #[serde(default, alias = "status_name")]
    pub(crate) status_name: Option<Renderable>,

    /// What stands behind the state's name, with placeholders.
    #[serde(default, alias = "status_suffix")]
    pub(crate) status_suffix: Option<Renderable>,

    /// What tells the states of a commit apart, with placeholders: of each key the last is shown. Without it: the
    /// builder's name.
    #[serde(default = "of_builder")]
    pub(crate) key: Renderable,

    /// What states are grouped by, with placeholders. Without it: the builder that triggered the build, or its own.
    #[serde(default, alias = "parent_name")]
    pub(crate) parent_name: Option<Renderable>,

    /// The number of the build, with placeholders. Without it: its own.
    #[serde(default, alias = "build_number")]
    pub(crate) build_number: Option<Renderable>,

    /// The branch, with placeholders. Without it: that of the source stamp.
    #[serde(default, rename = "ref")]
    pub(crate) branch: Option<Renderable>,

    /// How long it took, in milliseconds, with placeholders. Without it: from start to end.
    #[serde(default)]
    pub(crate) duration: Option<Renderable>,

    /// How many tests ended how. Without it: the properties tests_failed, tests_skipped and tests_successful.
    #[serde(default, alias = "test_results")]
    pub(crate) test_results: Option<Counts>,

    /// What is reported, and how. Without it: requests, builds that start, and builds that ended.
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

/// How many tests ended how, with placeholders.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct Counts {
    pub(crate) failed: Renderable,
    pub(crate) skipped: Renderable,
    pub(crate) successful: Renderable,
}

impl Settings {
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        let usual = || forges::request_start_end(None, None).into();
        self.generators.as_deref().map_or_else(usual, Cow::Borrowed)
    }

    pub(crate) fn access(&self) -> Access<'_> {
        Access { auth: self.auth.as_ref(), verify: Some(&self.verify), ..Access::default() }
    }

    /// With the token, if there is one.
    pub(crate) fn authorized(&self, request: HttpRequest) -> HttpRequest {
        match &self.token {
            Some(token) => request.header("Authorization", [literal("Bearer "), secret(token)].concat()),
            None => request,
        }
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let counts = self.test_results.as_ref();
        let texts = [
            ("/statusName", self.status_name.as_ref()),
            ("/statusSuffix", self.status_suffix.as_ref()),
            ("/key", Some(&self.key)),
            ("/parentName", self.parent_name.as_ref()),
            ("/buildNumber", self.build_number.as_ref()),
            ("/ref", self.branch.as_ref()),
            ("/duration", self.duration.as_ref()),
            ("/testResults/failed", counts.map(|counts| &counts.failed)),
            ("/testResults/skipped", counts.map(|counts| &counts.skipped)),
            ("/testResults/successful", counts.map(|counts| &counts.successful)),
        ];
        let mut problems = forges::text_problems(&texts);
        match (&self.token, &self.auth) {
            (Some(_), Some(_)) => problems.push(Problem::new("/auth", "give either token or auth, not both")),
            (None, None) => problems.push(Problem::new("", "give token or auth, so that the server knows who posts")),
            _ => {}
        }
        problems.extend(forges::problems(self.generators.as_deref().unwrap_or_default(), "/generators"));
        problems
    }
}

fn of_builder() -> Renderable {
    "%(prop:buildername)s".into()
}
