//! What is expected beside what came, line by line.

use similar::TextDiff;

/// Lines around a difference that are shown with it.
const AROUND: usize = 3;

/// The lines that differ, `-` what was expected and `+` what came.
pub(super) fn of(expected: &str, came: &str) -> String {
    let diff = TextDiff::from_lines(expected, came);
    let hunks = diff.unified_diff().context_radius(AROUND).to_string();
    // Where a hunk stands in a text that nobody wrote helps nobody.
    hunks.lines().filter(|line| !line.starts_with("@@")).map(|line| format!("    {line}\n")).collect()
}
