//! What became of a build, in Buildbot's words.

use crate::data::Site;
use crate::model::*;
use std::collections::BTreeSet;

/// The projects of the stamps, distinct and sorted; the site's title when there are none.
pub(super) fn projects(site: &Site, buildset: &Buildset) -> String {
    let names: BTreeSet<&str> =
        buildset.sourcestamps.iter().map(|s| s.project.as_str()).filter(|p| !p.is_empty()).collect();
    if names.is_empty() { site.title.clone() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}

pub(super) fn status_detected(results: Option<Results>, previous: Option<Results>, mode: &[String]) -> String {
    let asked = |name: &str| mode.iter().any(|mode| mode == name);
    let changed_from = |from: Results| previous.is_some_and(|previous| previous != from);
    match results {
        None => "not finished build".to_owned(),
        Some(Results::Failure) if (asked("change") || asked("problem")) && changed_from(Results::Failure) => {
            "new failure".to_owned()
        }
        Some(Results::Failure) => "failed build".to_owned(),
        Some(Results::Warnings) => "problem in the build".to_owned(),
        Some(Results::Success) if asked("change") && changed_from(Results::Success) => "restored build".to_owned(),
        Some(Results::Success) => "passing build".to_owned(),
        Some(Results::Exception) => "build exception".to_owned(),
        Some(other @ (Results::Skipped | Results::Retry | Results::Cancelled)) => format!("{} build", other.name()),
    }
}

pub(super) fn summary(build: &Build) -> String {
    let text = match build.state_string.as_str() {
        "" => String::new(),
        state => format!(": {state}"),
    };
    match build.results {
        Some(Results::Success) => "Build succeeded!".to_owned(),
        Some(Results::Warnings) => format!("Build Had Warnings{text}"),
        Some(Results::Cancelled) => "Build was cancelled".to_owned(),
        Some(Results::Failure | Results::Skipped | Results::Exception | Results::Retry) | None => {
            format!("BUILD FAILED{text}")
        }
    }
}

pub(super) fn sourcestamps(buildset: &Buildset) -> String {
    let line = |stamp: &SourceStamp| {
        let codebase = if stamp.codebase.is_empty() { String::new() } else { format!(" '{}'", stamp.codebase) };
        let branch = stamp
            .branch
            .as_ref()
            .filter(|branch| !branch.is_empty())
            .map(|branch| format!("[branch {branch}] "))
            .unwrap_or_default();
        let revision = stamp.revision.as_deref().filter(|revision| !revision.is_empty()).unwrap_or("HEAD");
        let patch = if stamp.patch.is_some() { " (plus patch)" } else { "" };
        format!("Build Source Stamp{codebase}: {branch}{revision}{patch}\n")
    };
    buildset.sourcestamps.iter().map(line).collect()
}
