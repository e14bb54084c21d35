//! The settings, with Buildbot's names and defaults.
//!
//! Not here: what is wrong with them (`problems`).

use std::collections::BTreeMap;

use campanile_sdk::OneOrMany;
use campanile_sdk::PluginChoice;
use campanile_sdk::generators::Filters;
use campanile_sdk::generators::Mode;
use campanile_sdk::generators::Modes;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

/// Tells people by mail how builds ended.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The address in the header From.
    pub(crate) fromaddr: String,

    /// Whether those get the mail whom the build concerns: the authors of its changes and its owners.
    #[serde(default = "yes", alias = "send_to_interested_users")]
    pub(crate) send_to_interested_users: bool,

    /// Addresses that get every mail.
    #[serde(default, alias = "extra_recipients")]
    pub(crate) extra_recipients: Vec<String>,

    /// The subject, where `%(builder)s` stands for the builder, `%(result)s` for the result and `%(title)s` for
    /// the name of the CI system. A formatter that gives a subject has precedence.
    #[serde(default)]
    pub(crate) subject: Option<String>,

    /// Which outcomes are told: a list of change, failing, passing, problem, warnings, exception, cancelled; or
    /// `all` (all of them but cancelled); or `warnings` (failing and warnings).
    #[serde(default)]
    #[schemars(extend("default" = ["failing", "passing", "warnings"]))]
    pub(crate) mode: Option<OneOrMany>,

    /// Tell only about these builders. Not together with tags.
    #[serde(default)]
    pub(crate) builders: Option<Vec<String>>,

    /// Tell only about builders that have one of these tags. Not together with builders.
    #[serde(default)]
    pub(crate) tags: Option<Vec<String>>,

    /// Tell only about builds of these schedulers.
    #[serde(default)]
    pub(crate) schedulers: Option<Vec<String>>,

    /// Tell only about builds of these branches.
    #[serde(default)]
    pub(crate) branches: Option<Vec<String>>,

    /// The host that takes the mail.
    #[serde(default = "localhost")]
    #[schemars(extend("x-campanile" = "smtp-relay", "x-campanile-port" = "smtpPort"))]
    pub(crate) relayhost: String,

    /// Its port.
    #[serde(default = "smtp", alias = "smtp_port")]
    pub(crate) smtp_port: u16,

    /// Whether the connection must be encrypted with STARTTLS.
    #[serde(default, alias = "use_tls")]
    pub(crate) use_tls: bool,

    /// Whether the connection is encrypted from its start. Not together with useTls.
    #[serde(default, alias = "use_smtps")]
    pub(crate) use_smtps: bool,

    /// The user who logs in at the relay. Together with smtpPassword.
    #[serde(default, alias = "smtp_user")]
    pub(crate) smtp_user: Option<String>,

    /// The secret that holds the user's password, by its name.
    #[serde(default, alias = "smtp_password")]
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) smtp_password: Option<String>,

    /// The domain that makes an address of a user's name without one.
    #[serde(default)]
    pub(crate) lookup: Option<String>,

    /// The plugin that writes the message: its name, or an object with the name as `plugin` and its settings.
    #[serde(default, alias = "message_formatter")]
    #[schemars(extend("x-campanile" = "message-formatter"))]
    pub(crate) message_formatter: Option<PluginChoice>,

    /// More headers, names and values.
    #[serde(default, alias = "extra_headers")]
    pub(crate) extra_headers: Option<BTreeMap<String, String>>,
}

const DEFAULT_MODES: Modes = Modes::of(&[Mode::Failing, Mode::Passing, Mode::Warnings]);

impl Settings {
    /// The modes that `mode` names, or the default ones.
    pub(crate) fn modes(&self) -> Result<Modes, Vec<Problem>> {
        self.mode.as_ref().map_or(Ok(DEFAULT_MODES), |mode| Modes::flat(mode, "/mode"))
    }

    pub(crate) fn filters(&self) -> Filters<'_> {
        Filters {
            builders: self.builders.as_deref(),
            tags: self.tags.as_deref(),
            schedulers: self.schedulers.as_deref(),
            branches: self.branches.as_deref(),
        }
    }
}

fn yes() -> bool {
    true
}

fn localhost() -> String {
    String::from("localhost")
}

fn smtp() -> u16 {
    25
}
