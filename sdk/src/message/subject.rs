//! Subjects: the default one, the one for a message whose formatter gave none, and keeping one to a line.

use std::borrow::Cow;

use crate::contract::BuildReport;
use crate::contract::Results;

/// The subject of the default message, such as
/// `☠ Buildbot (Example CI): linux - failed compile (main)`. Needs the build's properties.
///
/// A state string of several lines stays so; see [`one_line`].
#[must_use]
pub fn default_subject(report: &BuildReport, title: &str) -> String {
    let glyph = glyph(report.build.results);
    let branch = report.property_text("branch").filter(|branch| !branch.is_empty());
    let what = branch.or_else(|| report.property_text("got_revision")).unwrap_or(Cow::Borrowed("(unknown revision)"));
    [glyph, " Buildbot (", title, "): ", &report.builder.name, " - ", &report.build.state_string, " (", &what, ")"]
        .concat()
}

fn glyph(results: Option<Results>) -> &'static str {
    match results {
        Some(Results::Failure) => "☠",
        Some(Results::Success) => "☺",
        Some(Results::Warnings | Results::Skipped | Results::Exception | Results::Retry | Results::Cancelled)
        | None => "☝",
    }
}

/// The subject of a message whose formatter gave none, such as `Buildbot failure in Example CI on linux`.
#[must_use]
pub fn fallback_subject(report: &BuildReport, title: &str) -> String {
    let results = report.build.results.map_or("not finished", Results::name);
    ["Buildbot ", results, " in ", title, " on ", &report.builder.name].concat()
}

/// A subject on one line: line breaks, with the blanks around them, become a space. (Buildbot loses such a message.)
#[must_use]
pub fn one_line(subject: String) -> String {
    if !subject.contains(['\n', '\r']) {
        return subject;
    }
    let lines = subject.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::GivenBuild;
    use crate::testing::a_build;

    #[track_caller]
    fn check(build: GivenBuild, subject: &str) {
        assert_eq!(default_subject(&build.report(), "Acme CI"), subject);
    }

    #[test]
    fn default_subjects() {
        let build = || a_build("linux").state("finished");
        check(build(), "☺ Buildbot (Acme CI): linux - finished (main)");
        check(
            build().results(Results::Failure).state("failed compile"),
            "☠ Buildbot (Acme CI): linux - failed compile (main)",
        );
        check(build().results(Results::Warnings), "☝ Buildbot (Acme CI): linux - finished (main)");
        check(build().results(Results::Retry), "☝ Buildbot (Acme CI): linux - finished (main)");
        check(build().running(), "☝ Buildbot (Acme CI): linux - finished (main)");
        check(
            build().property("branch", "").property("got_revision", "abc"),
            "☺ Buildbot (Acme CI): linux - finished (abc)",
        );
        check(build().without_property("branch"), "☺ Buildbot (Acme CI): linux - finished ((unknown revision))");
    }

    #[test]
    fn a_subject_is_one_line() {
        assert_eq!(one_line("as it is".into()), "as it is");
        assert_eq!(one_line("failed\ncompile\r\nof lib\n".into()), "failed compile of lib");
    }
}
