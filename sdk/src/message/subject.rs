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
    subject_of(report, title, &report.builder.name)
}

/// The same for a build of a buildset that is told as a whole: it names the project.
#[must_use]
pub fn subject_in_set(report: &BuildReport, title: &str) -> String {
    subject_of(report, title, report.property_text("project").as_deref().unwrap_or(WHOLE))
}

/// What the builder of a whole buildset is called.
const WHOLE: &str = "whole buildset";

fn subject_of(report: &BuildReport, title: &str, name: &str) -> String {
    let glyph = glyph(report.build.results);
    let branch = report.property_text("branch").filter(|branch| !branch.is_empty());
    let what = branch.or_else(|| report.property_text("got_revision")).unwrap_or(Cow::Borrowed("(unknown revision)"));
    [glyph, " Buildbot (", title, "): ", name, " - ", &report.build.state_string, " (", &what, ")"].concat()
}

fn glyph(results: Option<Results>) -> &'static str {
    match results {
        Some(Results::Failure) => "☠",
        Some(Results::Success) => "☺",
        Some(Results::Warnings | Results::Skipped | Results::Exception | Results::Retry | Results::Cancelled)
        | None => "☝",
    }
}

/// The subject of a message whose formatter gave none, such as `Buildbot failure in Example CI on linux`. Without a
/// builder it is about a whole buildset.
#[must_use]
pub fn fallback_subject(results: Option<Results>, builder: Option<&str>, title: &str) -> String {
    fill_subject("Buildbot %(result)s in %(title)s on %(builder)s", results, builder, title)
}

/// The setting `subject`: `%(builder)s`, `%(result)s` and `%(title)s` are filled in, `%%` is a percent sign. One that
/// [`subject_problem`] refuses is taken as it stands.
#[must_use]
pub fn fill_subject(template: &str, results: Option<Results>, builder: Option<&str>, title: &str) -> String {
    let Ok(pieces) = pieces(template) else { return template.to_owned() };
    let pieces = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text,
        Piece::Builder => builder.unwrap_or(WHOLE),
        Piece::Result => results.map_or("not finished", Results::name),
        Piece::Title => title,
    });
    pieces.collect()
}

/// What is wrong with the setting `subject`, if anything.
#[must_use]
pub fn subject_problem(template: &str) -> Option<String> {
    if template.contains(char::is_control) {
        return Some(String::from("a subject is one line, without control characters"));
    }
    pieces(template).err()
}

/// A piece of the setting.
enum Piece<'a> {
    Text(&'a str),
    Builder,
    Result,
    Title,
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('%') {
        pieces.push(Piece::Text(before));
        let (piece, after) = placeholder(after)?;
        pieces.push(piece);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// What follows a percent sign, and the rest.
fn placeholder(after: &str) -> Result<(Piece<'_>, &str), String> {
    if let Some(rest) = after.strip_prefix('%') {
        return Ok((Piece::Text("%"), rest));
    }
    let known = [("(builder)s", Piece::Builder), ("(result)s", Piece::Result), ("(title)s", Piece::Title)];
    for (name, piece) in known {
        if let Some(rest) = after.strip_prefix(name) {
            return Ok((piece, rest));
        }
    }
    let end = after.find(")s").map_or(after.len(), |at| at + 2);
    let name = &after[..end];
    Err(format!("`%{name}` is unknown; there are %(builder)s, %(result)s and %(title)s, and %% for a percent sign"))
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
