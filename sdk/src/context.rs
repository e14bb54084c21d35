//! What a message formatter is told: Buildbot's formatter context, typed.
//!
//! Tolerant: unknown names are skipped, what is missing or null is empty. What has no field here is in
//! [`Context::raw`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Deserializer;
use serde_json::Value;

use crate::contract::Results;

/// The context of one message, with the names that Buildbot's `MessageFormatter` gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Context {
    /// How it ended; `None` while it runs.
    #[serde(deserialize_with = "results")]
    pub results: Option<Results>,
    /// The names of all results, by their code.
    #[serde(deserialize_with = "or_default")]
    pub result_names: Vec<String>,
    /// Why there is a message: the reporter's modes, such as `failing`.
    #[serde(deserialize_with = "or_default")]
    pub mode: Vec<String>,
    /// The builder's name; empty for a buildset.
    #[serde(deserialize_with = "or_default")]
    pub buildername: String,
    /// The worker's name, or `<unknown>`.
    #[serde(deserialize_with = "or_default")]
    pub workername: String,
    /// The build; `None` for a buildset or a worker.
    pub build: Option<ContextBuild>,
    /// The builds of a buildset.
    #[serde(deserialize_with = "or_default")]
    pub builds: Vec<ContextBuild>,
    /// The page of the build.
    #[serde(deserialize_with = "or_default")]
    pub build_url: String,
    /// What the CI system is called.
    #[serde(deserialize_with = "or_default")]
    pub buildbot_title: String,
    /// The address of the CI system's pages; ends in a slash.
    #[serde(deserialize_with = "or_default")]
    pub buildbot_url: String,
    /// Whom it concerns, sorted.
    #[serde(deserialize_with = "or_default")]
    pub blamelist: Vec<String>,
    /// The outcome in a few words, such as `BUILD FAILED: failed compile`.
    #[serde(deserialize_with = "or_default")]
    pub summary: String,
    /// What kind of outcome this is, such as `new failure`.
    #[serde(deserialize_with = "or_default")]
    pub status_detected: String,
    /// The projects, joined by `, `; the title if there is none.
    #[serde(deserialize_with = "or_default")]
    pub projects: String,
    /// How the build before ended, if that was asked for.
    #[serde(deserialize_with = "results")]
    pub previous_results: Option<Results>,
    /// The source stamps as text, a line each.
    #[serde(deserialize_with = "or_default")]
    pub sourcestamps: String,
    /// Whether the message is about a buildset as a whole.
    #[serde(deserialize_with = "or_default")]
    pub is_buildset: bool,
    /// For review callbacks: the builder's name; empty for a buildset.
    #[serde(rename = "builderName", deserialize_with = "or_default")]
    pub builder_name: String,
    /// For review callbacks: the builds of a buildset, by the names of their builders.
    #[serde(rename = "buildInfoList", deserialize_with = "or_default")]
    pub build_info_list: Vec<ContextBuildInfo>,
    /// For review callbacks: the name of `results`, such as `failure`; empty while it runs.
    #[serde(rename = "resultsName", deserialize_with = "or_default")]
    pub results_name: String,
    /// For review callbacks: `reviewArg`, `startArg` or `summaryArg`.
    pub arg: Value,
    #[serde(skip)]
    raw: String,
}

/// A build in a formatter's context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ContextBuild {
    /// Its number in the data API, unique.
    pub buildid: u64,
    /// Its number on its builder, from 1.
    pub number: u32,
    /// How it ended; `None` while it runs.
    #[serde(deserialize_with = "results")]
    pub results: Option<Results>,
    /// The outcome in the build's own words, such as `failed compile`.
    #[serde(deserialize_with = "or_default")]
    pub state_string: String,
    /// When it began, in seconds since 1970.
    pub started_at: Option<u64>,
    /// When it ended, in seconds since 1970.
    pub complete_at: Option<u64>,
    /// Value and source, by name.
    #[serde(deserialize_with = "or_default")]
    pub properties: BTreeMap<String, (Value, String)>,
    /// By number.
    #[serde(deserialize_with = "or_default")]
    pub steps: Vec<ContextStep>,
    /// The page of the build.
    #[serde(deserialize_with = "or_default")]
    pub url: String,
    /// What was asked for, and the source.
    #[serde(deserialize_with = "or_default")]
    pub buildset: ContextBuildset,
    /// What came in since the last successful build.
    #[serde(deserialize_with = "or_default")]
    pub changes: Vec<ContextChange>,
}

/// A build in the list that a summary is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ContextBuildInfo {
    /// The builder's name.
    pub name: String,
    /// How it ended.
    #[serde(deserialize_with = "results")]
    pub result: Option<Results>,
    /// The same in words, such as `succeeded` or `completed with warnings`.
    #[serde(rename = "resultText", deserialize_with = "or_default")]
    pub result_text: String,
    /// The outcome in the build's own words, such as `failed compile`.
    #[serde(deserialize_with = "or_default")]
    pub text: String,
    /// The page of the build.
    #[serde(deserialize_with = "or_default")]
    pub url: String,
    /// The build itself.
    pub build: ContextBuild,
}

/// A buildset in a formatter's context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ContextBuildset {
    /// Why it was made.
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    /// What is built, by codebase.
    #[serde(deserialize_with = "or_default")]
    pub sourcestamps: Vec<ContextSourceStamp>,
}

/// A source stamp in a formatter's context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ContextSourceStamp {
    /// `None` for the default branch.
    pub branch: Option<String>,
    /// `None` for the newest.
    pub revision: Option<String>,
    /// Where the code comes from.
    #[serde(deserialize_with = "or_default")]
    pub repository: String,
    /// The project; may be empty.
    #[serde(deserialize_with = "or_default")]
    pub project: String,
    /// Which of the codebases this is; empty where there is but one.
    #[serde(deserialize_with = "or_default")]
    pub codebase: String,
    /// What is built on top of the revision.
    pub patch: Option<ContextPatch>,
}

/// A patch in a formatter's context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ContextPatch {
    /// Who made it.
    #[serde(deserialize_with = "or_default")]
    pub author: String,
    /// What they say about it.
    #[serde(deserialize_with = "or_default")]
    pub comment: String,
}

/// A change in a formatter's context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ContextChange {
    /// Who made it, mostly as `Name <address>`.
    #[serde(deserialize_with = "or_default")]
    pub author: String,
    /// The commit's message.
    #[serde(deserialize_with = "or_default")]
    pub comments: String,
    /// The paths it touches.
    #[serde(deserialize_with = "or_default")]
    pub files: Vec<String>,
    /// When it was made, in seconds since 1970.
    pub when_timestamp: u64,
    /// `None` for the default branch.
    pub branch: Option<String>,
    /// Such as a commit's hash.
    pub revision: Option<String>,
    /// The page that shows it.
    pub revlink: Option<String>,
    /// Where it was committed.
    #[serde(deserialize_with = "or_default")]
    pub repository: String,
    /// The project; may be empty.
    #[serde(deserialize_with = "or_default")]
    pub project: String,
}

/// A step in a formatter's context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ContextStep {
    /// Its number in its build, from 0.
    pub number: u32,
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// Whether it has ended.
    pub complete: bool,
    /// How it ended; `None` while it runs.
    #[serde(deserialize_with = "results")]
    pub results: Option<Results>,
    /// The outcome in the step's own words.
    #[serde(deserialize_with = "or_default")]
    pub state_string: String,
    /// Its logs, if they were asked for.
    #[serde(deserialize_with = "or_default")]
    pub logs: Vec<ContextLog>,
}

/// A log in a formatter's context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ContextLog {
    /// Its number in the data API; `PluginHost::lines` reads it.
    pub logid: u64,
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// How many lines it has.
    pub num_lines: u32,
    /// The page that shows it.
    #[serde(deserialize_with = "or_default")]
    pub url: String,
}

impl Context {
    /// Parses what the host hands to `formatting.format`.
    ///
    /// # Errors
    /// It is not an object, or a known name has a value of another kind.
    pub fn parse(json: String) -> serde_json::Result<Self> {
        let mut context: Self = serde_json::from_str(&json)?;
        context.raw = json;
        Ok(context)
    }

    /// All of it, as JSON text.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }
}

fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// A result code; a code that nobody knows (the data API writes -1 for a request that is open) is none.
fn results<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Results>, D::Error> {
    let code: Option<i64> = Option::deserialize(from)?;
    Ok(code.and_then(|code| Results::from_code(u64::try_from(code).ok()?)))
}
