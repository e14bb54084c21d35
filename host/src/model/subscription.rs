//! What a reporter is told at load, and what it asks to be told.

use super::Pattern;
use super::SecretName;
use super::Text;
use super::TlsVerify;

/// A reporter as the configuration has it: `config` of the contract.
#[derive(Clone, Debug, PartialEq)]
pub struct ReporterConfig {
    pub name: String,
    pub title: String,
    pub url: String,
    /// JSON object, spellings normalised and defaults filled in.
    pub settings: String,
}

/// Something wrong with the settings, and where: a JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub at: String,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Subscription {
    Topic(TopicFilter),
    Chat(IrcConnection),
    /// JSON of a later contract.
    Other(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct TopicFilter {
    pub pattern: Pattern,
    pub want: Want,
}

/// What shall come along with a build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Want {
    pub properties: bool,
    pub steps: bool,
    /// Implies steps.
    pub logs: bool,
    pub previous: bool,
    pub changes: bool,
    pub users: bool,
}

impl Want {
    pub const ALL: Self =
        Self { properties: true, steps: true, logs: true, previous: true, changes: true, users: true };
}

/// A connection to a chat that the host keeps up.
#[derive(Clone, Debug, PartialEq)]
pub struct IrcConnection {
    pub name: String,
    pub host: String,
    pub port: u16,
    /// Absent: not encrypted.
    pub tls: Option<TlsVerify>,
    pub nick: String,
    pub password: Text,
    pub login: IrcLogin,
    /// Holds a certificate and its private key.
    pub identity: Option<SecretName>,
    pub channels: Vec<IrcChannel>,
    pub flood: IrcFlood,
    pub lost_delay: IrcDelay,
    pub failed_delay: IrcDelay,
}

impl IrcConnection {
    /// The secrets it names, wherever they stand.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        let keys = self.channels.iter().flat_map(|channel| channel.key.secrets());
        self.password.secrets().chain(keys).chain(&self.identity)
    }
}

/// Ways to log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IrcLogin {
    pub pass: bool,
    pub nickserv: bool,
    pub sasl_plain: bool,
    pub sasl_external: bool,
}

/// So many lines at once, and then one each so many milliseconds; 0: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IrcFlood {
    pub burst: u32,
    pub interval_ms: u32,
}

/// A time to wait, drawn anew each time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IrcDelay {
    pub least_ms: u32,
    pub most_ms: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct IrcChannel {
    pub name: String,
    pub key: Text,
}
