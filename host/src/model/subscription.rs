//! What a reporter is told at load, and what it asks to be told.

use super::Pattern;
use super::Text;

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

#[derive(Clone, Debug, PartialEq)]
pub struct IrcConnection {
    pub name: String,
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub nick: String,
    pub password: Text,
    pub login: IrcLogin,
    pub channels: Vec<IrcChannel>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IrcLogin {
    pub pass: bool,
    pub nickserv: bool,
    pub sasl: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct IrcChannel {
    pub name: String,
    pub key: Text,
}
