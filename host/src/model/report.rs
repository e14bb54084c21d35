//! What a reporter is told: a resource with all that belongs to it, gathered once by the host.

use super::*;
use serde::Deserialize;
use serde::Serialize;

/// An event as one reporter gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReporterEvent {
    pub seq: Seq,
    /// The topic by which its subscription asked.
    pub topic: String,
    pub at: Timestamp,
    pub body: EventBody,
}

impl ReporterEvent {
    /// The build that never was, where this is the event of a test report.
    pub fn made_up(&self) -> Option<&BuildReport> {
        let build = match &self.body {
            EventBody::Build(report) => Some(&**report),
            EventBody::Buildset(report) => report.builds.first(),
            EventBody::Request(_)
            | EventBody::Step(_)
            | EventBody::Change(_)
            | EventBody::Worker(_)
            | EventBody::Chat(_)
            | EventBody::Presence(_)
            | EventBody::Wake(_)
            | EventBody::Receipt(_)
            | EventBody::Other(_) => None,
        };
        build.filter(|report| report.build.buildid == MADE_UP)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum EventBody {
    Build(Box<BuildReport>),
    Buildset(BuildsetReport),
    Request(Box<RequestReport>),
    Step(Box<StepReport>),
    Change(Box<Change>),
    Worker(Box<WorkerReport>),
    Chat(ChatMessage),
    Presence(ChatPresence),
    /// The key of a wake-up.
    Wake(String),
    Receipt(Receipt),
    /// Any other: the event's JSON.
    Other(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct BuildReport {
    pub build: Build,
    pub builder: Builder,
    pub request: BuildRequest,
    pub buildset: Buildset,
    pub parent: Option<ParentBuild>,
    pub url: String,
    pub properties: Properties,
    pub steps: Vec<StepWithLogs>,
    pub previous: Option<Build>,
    pub changes: Vec<Change>,
    pub users: Vec<String>,
}

/// The build that triggered another one.
#[derive(Clone, Debug, PartialEq)]
pub struct ParentBuild {
    pub build: Build,
    pub builder: Builder,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StepWithLogs {
    pub step: Step,
    pub logs: Vec<LogReport>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LogReport {
    pub log: Log,
    /// The page that shows it.
    pub url: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BuildsetReport {
    pub buildset: Buildset,
    pub builds: Vec<BuildReport>,
}

/// A request that has no build yet.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestReport {
    pub request: BuildRequest,
    pub builder: Builder,
    pub buildset: Buildset,
    pub url: String,
    pub properties: Properties,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StepReport {
    pub step: Step,
    pub build: Build,
    pub builder: Builder,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WorkerReport {
    pub worker: Worker,
    pub last_connection: Option<Timestamp>,
    pub notify: Vec<String>,
}

/// Something said to us in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    pub connection: String,
    /// Our own nick at that moment.
    pub me: String,
    pub nick: String,
    /// The account that the server knows the speaker by.
    pub account: Option<String>,
    /// Absent when it was said to us alone.
    pub channel: Option<String>,
    pub op: bool,
    pub manner: ChatManner,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatManner {
    Said,
    Acted,
}

/// What a reporter is told of a chat connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    Said(ChatMessage),
    Presence(ChatPresence),
}

impl Heard {
    pub fn connection(&self) -> &str {
        match self {
            Self::Said(message) => &message.connection,
            Self::Presence(presence) => &presence.connection,
        }
    }

    /// Who said it; nobody where it is about ourselves.
    pub fn speaker(&self) -> Option<&str> {
        match self {
            Self::Said(message) => Some(&message.nick),
            Self::Presence(_) => None,
        }
    }
}

/// Where we are in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatPresence {
    pub connection: String,
    pub me: String,
    pub change: PresenceChange,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresenceChange {
    Connected,
    Joined(String),
    Removed(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub stream: LogStream,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStream {
    Stdout,
    Stderr,
    Header,
}
