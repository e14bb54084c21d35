//! The settings, with Buildbot's names and defaults.

use campanile_sdk::hooks::Skips;
use campanile_sdk::hooks::Whitelist;
use campanile_sdk::http::Verify;
use schemars::JsonSchema;
use serde::Deserialize;

/// Commits and pull requests that GitHub tells of.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-campanile-hook" = {
    "signature": [
        {"header": "X-Hub-Signature-256", "by": "hmac-sha256", "prefix": "sha256="},
        {"header": "X-Hub-Signature", "by": "hmac-sha1", "prefix": "sha1="},
    ],
    "delivery": ["X-GitHub-Delivery"],
    "headers": ["X-GitHub-Event"],
}))]
pub struct Settings {
    /// Whether there has to be a secret. Where there is one, requests have to be signed with it anyway.
    #[serde(default)]
    #[expect(dead_code, reason = "the host looks at it")]
    strict: bool,

    /// The codebase of the changes, unless the URL says another.
    #[serde(default)]
    pub(crate) codebase: Option<String>,

    /// Which parts of a payload become properties, as patterns such as `github.head.*`.
    #[serde(default)]
    pub(crate) github_property_whitelist: Whitelist,

    /// Regular expressions: a push or a pull request whose newest commit's message has one in it makes no change.
    #[serde(default)]
    pub(crate) skips: Skips,

    /// Where GitHub's API is, which is asked about pull requests.
    #[serde(default = "api")]
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) github_api_endpoint: String,

    /// What stands at the end of the branch of a pull request: `merge`, or `head`.
    #[serde(default = "merge")]
    pub(crate) pullrequest_ref: String,

    /// The secret that holds a token for the API, by its name.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) token: Option<String>,

    /// Whether each payload is written into the plugin's log.
    #[serde(default)]
    pub(crate) debug: bool,

    /// Whether the API's certificate is verified; or a file of authorities (PEM) that vouch for it, by its whole path.
    #[serde(default)]
    pub(crate) verify: Verify,
}

fn api() -> String {
    "https://api.github.com".into()
}

fn merge() -> String {
    "merge".into()
}
