//! Test reports: a build that never was, to see what a reporter makes of it and whether it arrives.

use super::BuildId;
use super::Millis;
use super::Pattern;
use super::Results;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The id of the build that never was. No store gives it to anything.
pub const MADE_UP: BuildId = BuildId(0);

/// The build, as far as one may say what it was like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trial {
    /// The builder's name. One that is there lends its tags.
    pub builder: String,
    /// Tags of the builder besides.
    pub tags: Vec<String>,
    pub results: Results,
    /// How the build before ended; null if there was none.
    pub previous: Option<Results>,
    pub properties: BTreeMap<String, Value>,
    /// Whom it concerns.
    pub users: Vec<String>,
}

impl Default for Trial {
    /// A build of `main` that fails after one that did not.
    fn default() -> Self {
        Self {
            builder: "test".to_owned(),
            tags: Vec::new(),
            results: Results::Failure,
            previous: Some(Results::Success),
            properties: BTreeMap::new(),
            users: Vec::new(),
        }
    }
}

/// The topics that a test report may have.
const TOPICS: [&str; 2] = ["builds/0/finished", "buildsets/0/complete"];

impl Trial {
    /// The topic for a reporter that asked for these; nothing if a test report is none of them.
    pub fn topic(patterns: &[Pattern]) -> Option<&'static str> {
        TOPICS.into_iter().find(|topic| patterns.iter().any(|pattern| pattern.matches(topic)))
    }
}

/// What a test report goes by: no other of its reporter has the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialName(String);

impl TrialName {
    /// By its place in the inbox.
    pub fn new(inboxid: i64, due_at: Millis) -> Self {
        Self(format!("test-{inboxid}-{due_at}"))
    }

    /// What begins the keys of its deliveries.
    pub fn key_prefix(&self) -> String {
        format!("{}/", self.0)
    }
}

impl fmt::Display for TrialName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
