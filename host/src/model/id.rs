//! The numbers and names by which things are known. One type each, so that none stands in for another.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use std::fmt;

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbers! {
    /// A master: a CI engine that reports to this host.
    MasterId
    WorkerId
    BuilderId
    ProjectId
    BuildsetId
    BuildRequestId
    BuildId
    StepId
    LogId
    ChangeId
    SourceStampId
    PatchId
    SchedulerId
    ChangeSourceId
    UserId
    /// A delivery's number in this host; its stable name over tries is its `uid`.
    DeliveryId
    AttemptId
    /// One life of the host process, counted.
    Boot
}

/// An event's position in the log, from 1. Zero stands before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub i64);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A reporter's name, from the configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReporterName(pub String);

impl fmt::Display for ReporterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A secret's name: a file in the secrets directory, or `env:NAME`. Never its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretName(pub String);

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
