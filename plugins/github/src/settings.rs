//! The settings, with Buildbot's names and defaults: those of today, and those of the older `GitHubStatus`.

use campanile_sdk::Renderable;
use campanile_sdk::contract::Problem;
use campanile_sdk::forges;
use campanile_sdk::generators::Generator;
use campanile_sdk::http::Verify;
use schemars::JsonSchema;
use serde::Deserialize;
use std::borrow::Cow;

/// Shows at GitHub how commits fare.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The secret that holds a token of GitHub's, by its name.
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) token: String,

    /// The name under which the state is shown, with placeholders. Empty: GitHub's own, `default`.
    #[serde(default = "of_builder")]
    pub(crate) context: Renderable,

    /// Where GitHub's API is; of GitHub Enterprise it is `https://host/api/v3`.
    #[serde(default = "github", rename = "baseURL")]
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

    /// Who owns the repository, with placeholders; together with repoName. Without them: as the source stamps say.
    #[serde(default)]
    pub(crate) repo_owner: Option<Renderable>,

    /// What the repository is called, with placeholders; together with repoOwner.
    #[serde(default)]
    pub(crate) repo_name: Option<Renderable>,

    /// The commit, with placeholders. Without it: the revision of the source stamp.
    #[serde(default)]
    pub(crate) sha: Option<Renderable>,

    /// What is said of a build that starts, with placeholders. Without it: `Build started.`
    #[serde(default)]
    pub(crate) start_description: Option<Renderable>,

    /// What is said of a build that ended, with placeholders. Without it: `Build done.`
    #[serde(default)]
    pub(crate) end_description: Option<Renderable>,
}

impl Settings {
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        let usual = || forges::request_start_end(self.start_description.as_ref(), self.end_description.as_ref()).into();
        self.generators.as_deref().map_or_else(usual, Cow::Borrowed)
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let places = [
            ("/context", Some(&self.context)),
            ("/repoOwner", self.repo_owner.as_ref()),
            ("/repoName", self.repo_name.as_ref()),
            ("/sha", self.sha.as_ref()),
        ];
        let descriptions = [
            ("/startDescription", self.start_description.as_ref()),
            ("/endDescription", self.end_description.as_ref()),
        ];
        let mut problems = [forges::text_problems(&places), forges::text_problems(&descriptions)].concat();
        if self.repo_owner.is_some() != self.repo_name.is_some() {
            let (at, other) =
                if self.repo_owner.is_some() { ("/repoOwner", "repoName") } else { ("/repoName", "repoOwner") };
            problems.push(Problem::new(at, format!("give {other} too, or neither")));
        }
        let Some(generators) = &self.generators else { return problems };
        problems.extend(forges::problems(generators, "/generators"));
        problems.extend(forges::said_twice(&descriptions));
        problems
    }
}

fn of_builder() -> Renderable {
    "buildbot/%(prop:buildername)s".into()
}

fn github() -> String {
    String::from("https://api.github.com")
}
