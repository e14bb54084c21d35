//! The settings, with Buildbot's names and defaults.

use campanile_sdk::http::Verify;
use schemars::JsonSchema;
use serde::Deserialize;

/// Tells a stream of Zulip that builds start and end.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Where Zulip is.
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) endpoint: String,

    /// The secret that holds the key of the bot, by its name.
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) token: String,

    /// The stream. Without it, the bot's owner gets the messages.
    #[serde(default)]
    pub(crate) stream: Option<String>,

    /// Whether each message is written into the plugin's log, too.
    #[serde(default)]
    pub(crate) debug: bool,

    /// Whether the server's certificate is verified; or a file of authorities (PEM) that vouch for it, by its whole path.
    #[serde(default)]
    pub(crate) verify: Verify,
}
