//! The settings, with Buildbot's names and defaults.
//!
//! Not here: what is wrong with them (`settings::problems`).

mod problems;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use campanile_sdk::OneOrMany;
use campanile_sdk::Renderable;
use campanile_sdk::Sources;
use campanile_sdk::contract::Text;
use campanile_sdk::http::Verify;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::authz::Rules;
use crate::authz::Users;
use crate::occasions::Occasion;

/// A bot on IRC.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The server, by name or address.
    #[schemars(extend("x-campanile" = "irc-server", "x-campanile-port" = "port"))]
    pub(crate) host: String,

    /// The name that the bot goes by.
    pub(crate) nick: String,

    /// The server's port; with TLS mostly 6697.
    #[serde(default = "usual_port")]
    pub(crate) port: u16,

    /// The channels to be in: each a name, or `{channel = "#builds", password = "…"}` where it has a key, in which
    /// `%(secret:name)s` may stand.
    #[serde(default)]
    pub(crate) channels: Vec<Channel>,

    /// People who are told of `notify_events` in private, by nick.
    #[serde(default, rename = "pm_to_nicks")]
    pub(crate) pm_to_nicks: Vec<String>,

    /// Whether the connection is encrypted.
    #[serde(default, rename = "useSSL")]
    pub(crate) use_ssl: bool,

    /// Whether the server's certificate is verified; or a file of authorities (PEM) that vouch for it, by its whole path.
    #[serde(default)]
    pub(crate) verify: Verify,

    /// The secret that holds the password, by its name.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) password: Option<String>,

    /// Whether to log in by SASL: with the password, or without one by the certificate. A server that will not have it is
    /// left again.
    #[serde(default, rename = "useSASL")]
    pub(crate) use_sasl: bool,

    /// The secret that holds a certificate to show to the server and its private key, both as PEM, by its name.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) certificate: Option<String>,

    /// Who is given the password, where SASL is not used.
    #[serde(default = "both")]
    pub(crate) password_for: Vec<PasswordFor>,

    /// Only builders with one of these tags are told of and listed.
    #[serde(default)]
    pub(crate) tags: Option<OneOrMany>,

    /// The older name of `tags`.
    #[serde(default)]
    pub(crate) categories: Option<OneOrMany>,

    /// The events that every channel and everybody in `pm_to_nicks` is told of: a list of names, or a table, of which only
    /// the keys matter.
    #[serde(default, rename = "notify_events")]
    pub(crate) notify_events: Events,

    /// Who may use which commands: a table of commands, with `true`, `false` or a list of users.
    #[serde(default)]
    pub(crate) authz: Option<BTreeMap<String, Users>>,

    /// Whether builds may be forced and stopped, or who may; the older form of `authz`.
    #[serde(default)]
    pub(crate) allow_force: Option<Users>,

    /// Whether the CI system may be shut down, or who may; the older form of `authz`.
    #[serde(default)]
    pub(crate) allow_shutdown: Option<Users>,

    /// Whether builds are called by their revisions, hashes with seven characters, instead of their numbers.
    #[serde(default)]
    pub(crate) use_revisions: bool,

    /// Whether those whom it concerns are named when a build did not succeed.
    #[serde(default)]
    pub(crate) show_blame_list: bool,

    /// Whether results are in colour.
    #[serde(default = "yes")]
    pub(crate) use_colors: bool,

    /// Whether what is said in channels is said as notices.
    #[serde(default)]
    pub(crate) notice_on_channel: bool,

    /// How notices are worded: `today`, or `0.8` as Buildbot 0.8 did.
    #[serde(default)]
    pub(crate) wording: Wording,

    /// How long to wait when the connection was lost, in seconds. Without it 1 to 5, drawn anew each time.
    #[serde(default)]
    pub(crate) lost_delay: Option<f64>,

    /// How long to wait when there was no connection to be had, in seconds. Without it 45 to 60, drawn anew each time.
    #[serde(default)]
    pub(crate) failed_delay: Option<f64>,

    /// So many lines may go at once.
    #[serde(default = "four")]
    pub(crate) flood_lines: u32,

    /// And then one each so many seconds; 0: there is no limit.
    #[serde(default = "two")]
    pub(crate) flood_seconds: f64,
}

/// A channel to be in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Channel {
    /// By its name.
    Name(String),
    /// With what opens it.
    Locked(Locked),
}

/// A channel that mostly has a key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Locked {
    /// Its name.
    channel: String,
    /// What opens it.
    #[serde(default)]
    pub(crate) password: Option<Renderable>,
}

/// Who is given the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PasswordFor {
    /// The server, as the connection begins.
    Server,
    /// The service that watches over nicks.
    Nickserv,
}

/// Names of events: a list, or the keys of a table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Events {
    /// The names.
    List(Vec<String>),
    /// The names, and what does not matter.
    Table(BTreeMap<String, Value>),
}

/// How notices are worded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema, serde::Serialize)]
pub(crate) enum Wording {
    /// As Buildbot does.
    #[default]
    #[serde(rename = "today")]
    Today,
    /// As Buildbot 0.8 did.
    #[serde(rename = "0.8")]
    Older,
}

impl Settings {
    /// Who may use which command.
    pub(crate) fn rules(&self) -> Rules {
        let older = [("FORCE,STOP", &self.allow_force), ("SHUTDOWN", &self.allow_shutdown)];
        let older = older.into_iter().filter_map(|(key, users)| Some((key.to_owned(), users.clone()?)));
        Rules::new(self.authz.clone().unwrap_or_default().into_iter().chain(older))
    }

    /// The events that every channel is told of.
    pub(crate) fn events(&self) -> BTreeSet<Occasion> {
        self.notify_events.names().into_iter().filter_map(Occasion::parse).collect()
    }

    /// Whether a builder with these tags is told of.
    pub(crate) fn tells_of(&self, tags: &[String]) -> bool {
        match self.tags.as_ref().or(self.categories.as_ref()) {
            None => true,
            Some(OneOrMany::One(tag)) => tags.contains(tag),
            Some(OneOrMany::Many(wanted)) => wanted.is_empty() || wanted.iter().any(|tag| tags.contains(tag)),
        }
    }
}

impl Channel {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Name(name) | Self::Locked(Locked { channel: name, .. }) => name,
        }
    }

    /// What opens it; empty if nothing has to.
    pub(crate) fn key(&self) -> Text {
        match self {
            Self::Locked(Locked { password: Some(password), .. }) => {
                password.read().map(|password| password.fill(Sources::default())).unwrap_or_default()
            }
            Self::Name(_) | Self::Locked(Locked { password: None, .. }) => Text::new(),
        }
    }
}

impl Events {
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::List(names) => names.iter().map(String::as_str).collect(),
            Self::Table(table) => table.keys().map(String::as_str).collect(),
        }
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl serde::Serialize for Events {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.names().serialize(serializer)
    }
}

impl Wording {
    pub(crate) fn is_of_0_8(self) -> bool {
        self == Self::Older
    }
}

fn usual_port() -> u16 {
    6667
}

fn both() -> Vec<PasswordFor> {
    vec![PasswordFor::Server, PasswordFor::Nickserv]
}

fn yes() -> bool {
    true
}

fn four() -> u32 {
    4
}

fn two() -> f64 {
    2.0
}
