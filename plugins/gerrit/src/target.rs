//! Which patch set of which change a build is of.
//!
//! In this order: what the step Repo downloaded, the event of Gerrit that began it all, as properties of the build and
//! then of the changes of its source stamps, and a source stamp that is on the ref of a patch set.

use campanile_sdk::contract::SourceStamp;
use campanile_sdk::forges;
use campanile_sdk::prelude::*;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

/// The longest name of a project that is believed to be one, in bytes.
const PROJECT_BYTES: usize = 256;

/// What is reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) project: String,
    /// A commit, or `change,patch set`.
    pub(crate) revision: String,
    /// The number of the change, where it is known.
    pub(crate) change: Option<String>,
    /// The number of the patch set, where it is known.
    pub(crate) patch_set: Option<String>,
}

impl Target {
    /// Of a build.
    ///
    /// # Errors
    /// It is of none; the reason says why.
    pub(crate) fn of(report: &BuildReport, host: &impl PluginHost) -> Result<Self, String> {
        let properties = Properties::of(report);
        let found = match downloaded(&properties)? {
            Some(found) => Some(found),
            None => event(&properties)?,
        };
        if let Some(found) = found {
            return found.checked();
        }
        let stamps = &report.buildset.source_stamps;
        let changed = stamps.iter().find_map(|stamp| changed(stamp, host).transpose()).transpose()?;
        let found = changed.or_else(|| stamps.iter().find_map(on_ref));
        found
            .ok_or("it is of no change of Gerrit's: there is no property event.change.id, nor repo_downloads")?
            .checked()
    }

    /// Reviews of one place, each after the one before.
    pub(crate) fn place(&self) -> String {
        format!("{} {}", self.project, self.change.as_ref().unwrap_or(&self.revision))
    }

    /// Nothing that comes from outside is taken for an option, or for a part of a query.
    fn checked(self) -> Result<Self, String> {
        let Self { project, revision, .. } = &self;
        let odd = |c: char| c.is_control() || matches!(c, '"' | '\\' | '{' | '}');
        if project.is_empty() || project.len() > PROJECT_BYTES || project.starts_with('-') || project.contains(odd) {
            return Err(format!("{project:?} is no name of a project"));
        }
        let is_number = |text: &str| !text.is_empty() && text.len() < 10 && text.bytes().all(|b| b.is_ascii_digit());
        let is_patch_set = revision.split_once(',').is_some_and(|(n, patch)| is_number(n) && is_number(patch));
        if !is_patch_set {
            forges::commit_id(revision)?;
        }
        let change = self.change.filter(|change| is_number(change));
        let patch_set = self.patch_set.filter(|patch_set| is_number(patch_set));
        Ok(Self { change, patch_set, ..self })
    }
}

/// Properties with their values.
struct Properties(Map<String, Value>);

impl Properties {
    fn of(report: &BuildReport) -> Self {
        let value = |property: &campanile_sdk::contract::Property| {
            Some((property.name.clone(), serde_json::from_str(&property.value).ok()?))
        };
        Self(report.properties.iter().filter_map(value).collect())
    }

    /// One that has a value.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// What the step Repo downloaded first: `project change/patch set`, and what came of it, `change/patch set revision`.
fn downloaded(properties: &Properties) -> Result<Option<Target>, String> {
    let (Some(downloads), Some(done)) = (properties.get("repo_downloads"), properties.text("repo_downloaded")) else {
        return Ok(None);
    };
    let odd = || String::from("the properties repo_downloads and repo_downloaded do not fit each other");
    let downloads: Vec<&str> = downloads.as_array().ok_or_else(odd)?.iter().filter_map(Value::as_str).collect();
    let done: Vec<&str> = done.split_whitespace().collect();
    let first = downloads.first().and_then(|first| first.trim().rsplit_once(char::is_whitespace)).ok_or_else(odd)?;
    if downloads.len() * 2 != done.len() || done[0] != first.1 {
        return Err(odd());
    }
    let numbers = first.1.split_once('/').map(|(change, patch_set)| (change.to_owned(), patch_set.to_owned()));
    let (change, patch_set) = numbers.unzip();
    Ok(Some(Target { project: first.0.trim().to_owned(), revision: done[1].to_owned(), change, patch_set }))
}

/// What the event of Gerrit says.
fn event(properties: &Properties) -> Result<Option<Target>, String> {
    if properties.get("event.change.id").is_none() {
        return Ok(None);
    }
    let project = properties.text("event.change.project").ok_or("the property event.change.project is missing")?;
    let names = ["event.patchSet.revision", "got_revision", "revision"];
    let (name, revision) = names
        .into_iter()
        .find_map(|name| Some((name, properties.get(name)?)))
        .ok_or("there is no revision: no property event.patchSet.revision, got_revision or revision")?;
    // Of a build with several codebases it is a revision for each.
    let revision = match revision {
        Value::String(revision) => revision.clone(),
        Value::Object(revisions) => {
            let codebase = properties.text("codebase").unwrap_or_default();
            let revision = revisions.get(&codebase).and_then(Value::as_str);
            revision
                .ok_or_else(|| format!("the property {name} has no revision of the codebase {codebase:?}"))?
                .to_owned()
        }
        _ => return Err(format!("the property {name} is no revision")),
    };
    // What was built in its place may be another patch set.
    let patch_set = properties.text("event.patchSet.number").filter(|_| name == names[0]);
    Ok(Some(Target { project, revision, change: properties.text("event.change.number"), patch_set }))
}

#[derive(Deserialize)]
struct Changes {
    changes: Vec<Changed>,
}

#[derive(Deserialize)]
struct Changed {
    revision: Option<String>,
    #[serde(default)]
    properties: Map<String, Value>,
}

/// What the event of Gerrit says that made the change of a source stamp.
fn changed(stamp: &SourceStamp, host: &impl PluginHost) -> Result<Option<Target>, String> {
    let path = format!("sourcestamps/{}/changes", stamp.id);
    let changes = host.get(&path).ok().and_then(|json| serde_json::from_str::<Changes>(&json).ok());
    let Some(change) = changes.and_then(|mut found| found.changes.pop()) else { return Ok(None) };
    let value = |(name, value): (String, Value)| match value {
        Value::Array(mut pair) if pair.len() == 2 => Some((name, pair.swap_remove(0))),
        _ => None,
    };
    let mut properties: Map<String, Value> = change.properties.into_iter().filter_map(value).collect();
    if let Some(revision) = stamp.revision.clone().or(change.revision) {
        properties.entry("revision").or_insert(Value::from(revision));
    }
    event(&Properties(properties))
}

/// A source stamp on `refs/changes/45/12345/2`.
fn on_ref(stamp: &SourceStamp) -> Option<Target> {
    let mut parts = stamp.branch.as_deref()?.strip_prefix("refs/changes/")?.split('/').skip(1);
    let (change, patch) = (parts.next()?, parts.next()?);
    let revision = stamp.revision.clone().filter(|revision| !revision.is_empty());
    let revision = revision.unwrap_or_else(|| format!("{change},{patch}"));
    let (change, patch_set) = (Some(change.to_owned()), Some(patch.to_owned()));
    Some(Target { project: stamp.project.clone(), revision, change, patch_set })
}
