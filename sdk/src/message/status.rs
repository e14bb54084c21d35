//! What became of a build, in words.

use std::borrow::Cow;
use std::fmt::Write;

use crate::contract::Build;
use crate::contract::BuildReport;
use crate::contract::Results;
use crate::contract::SourceStamp;
use crate::generators::Mode;
use crate::generators::Modes;

/// What kind of outcome this is, such as `new failure` or `passing build`. What is new or restored is told
/// only if a mode asks for the build before.
#[must_use]
pub fn status_detected(results: Option<Results>, previous: Option<&Build>, modes: Modes) -> &'static str {
    let before = previous.and_then(|previous| previous.results);
    match results {
        Some(Results::Failure) => {
            let new = modes.need_previous() && before.is_some_and(|before| before != Results::Failure);
            if new { "new failure" } else { "failed build" }
        }
        Some(Results::Success) => {
            let restored = modes.contains(Mode::Change) && before.is_some_and(|before| before != Results::Success);
            if restored { "restored build" } else { "passing build" }
        }
        Some(Results::Warnings) => "problem in the build",
        Some(Results::Exception) => "build exception",
        Some(Results::Skipped) => "skipped build",
        Some(Results::Retry) => "retry build",
        Some(Results::Cancelled) => "cancelled build",
        None => "not finished build",
    }
}

/// The outcome in a few words, such as `BUILD FAILED: failed compile`.
#[must_use]
pub fn summary(results: Option<Results>, state_string: &str) -> String {
    let outcome = match results {
        Some(Results::Success) => return String::from("Build succeeded!"),
        Some(Results::Cancelled) => return String::from("Build was cancelled"),
        Some(Results::Warnings) => "Build Had Warnings",
        Some(Results::Failure | Results::Skipped | Results::Exception | Results::Retry) | None => "BUILD FAILED",
    };
    if state_string.is_empty() { outcome.to_owned() } else { format!("{outcome}: {state_string}") }
}

/// The source stamps as text, a line each, such as `Build Source Stamp: [branch main] abc123`.
#[must_use]
pub fn source_stamps(stamps: &[SourceStamp]) -> String {
    let mut text = String::new();
    for stamp in stamps {
        text.push_str("Build Source Stamp");
        if !stamp.codebase.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(text, " '{}'", stamp.codebase);
        }
        text.push_str(": ");
        if let Some(branch) = stamp.branch.as_deref().filter(|branch| !branch.is_empty()) {
            let _ = write!(text, "[branch {branch}] ");
        }
        text.push_str(stamp.revision.as_deref().filter(|revision| !revision.is_empty()).unwrap_or("HEAD"));
        if stamp.patch.is_some() {
            text.push_str(" (plus patch)");
        }
        text.push('\n');
    }
    text
}

/// The projects of a build, distinct and sorted, joined by `, `; the title if there is none.
#[must_use]
pub fn projects<'a>(report: &'a BuildReport, title: &'a str) -> Cow<'a, str> {
    let stamps = &report.buildset.source_stamps;
    let mut projects: Vec<&str> =
        stamps.iter().map(|stamp| stamp.project.as_str()).filter(|project| !project.is_empty()).collect();
    projects.sort_unstable();
    projects.dedup();
    match projects[..] {
        [] => Cow::Borrowed(title),
        [only] => Cow::Borrowed(only),
        _ => Cow::Owned(projects.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::a_build;

    #[track_caller]
    fn check(modes: &[Mode], previous: Option<Results>, results: Results, words: &str) {
        let before = previous.and_then(|previous| a_build("linux").previous(previous).report().previous);
        assert_eq!(status_detected(Some(results), before.as_ref(), Modes::of(modes)), words);
    }

    #[test]
    fn what_is_detected() {
        check(&[Mode::Failing], Some(Results::Success), Results::Failure, "failed build");
        check(&[Mode::Problem], Some(Results::Success), Results::Failure, "new failure");
        check(&[Mode::Change], Some(Results::Warnings), Results::Failure, "new failure");
        check(&[Mode::Change], Some(Results::Failure), Results::Failure, "failed build");
        check(&[Mode::Change], None, Results::Failure, "failed build");
        check(&[Mode::Change], Some(Results::Failure), Results::Success, "restored build");
        check(&[Mode::Problem], Some(Results::Failure), Results::Success, "passing build");
        check(&[Mode::Change], Some(Results::Success), Results::Success, "passing build");
        check(&[], None, Results::Warnings, "problem in the build");
        check(&[], None, Results::Exception, "build exception");
        check(&[], None, Results::Cancelled, "cancelled build");
        check(&[], None, Results::Retry, "retry build");
        assert_eq!(status_detected(None, None, Modes::default()), "not finished build");
        let running = a_build("linux").previous_running().report().previous;
        assert_eq!(
            status_detected(Some(Results::Failure), running.as_ref(), Modes::of(&[Mode::Change])),
            "failed build"
        );
    }

    #[test]
    fn summaries() {
        assert_eq!(summary(Some(Results::Success), "built"), "Build succeeded!");
        assert_eq!(summary(Some(Results::Warnings), "2 warnings"), "Build Had Warnings: 2 warnings");
        assert_eq!(summary(Some(Results::Cancelled), "stopped"), "Build was cancelled");
        assert_eq!(summary(Some(Results::Failure), "failed compile"), "BUILD FAILED: failed compile");
        assert_eq!(summary(Some(Results::Exception), ""), "BUILD FAILED");
    }

    #[test]
    fn source_stamps_are_lines() {
        let mut stamps = a_build("linux").patch("dev").report().buildset.source_stamps;
        stamps.push(SourceStamp {
            codebase: "lib".into(),
            branch: None,
            revision: None,
            patch: None,
            ..stamps[0].clone()
        });
        let text = "Build Source Stamp: [branch main] d34db33f (plus patch)\nBuild Source Stamp 'lib': HEAD\n";
        assert_eq!(source_stamps(&stamps), text);
    }

    #[test]
    fn projects_are_sorted_and_distinct() {
        let stamp = a_build("linux").report().buildset.source_stamps.remove(0);
        let named = |names: &[&str]| {
            let stamps = names.iter().map(|name| SourceStamp { project: String::from(*name), ..stamp.clone() });
            projects(&a_build("linux").stamps(stamps.collect()).report(), "Acme CI").into_owned()
        };
        assert_eq!(named(&["zlib", "app", "", "zlib"]), "app, zlib");
        assert_eq!(named(&["app"]), "app");
        assert_eq!(named(&["", ""]), "Acme CI");
    }
}
