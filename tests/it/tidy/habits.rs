//! Habits of the house, line by line.

use super::Offence;
use super::each_line;
use super::obeyed;
use super::read;
use super::rust;
use super::source::Source;
use super::source::has_word;
use super::tracked;

/// The one place that packages come from.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Ways to say that they come from somewhere else. In pieces, so that this file does not say them.
const OTHER_REGISTRIES: [&str; 7] = [
    concat!("replace", "-with"),
    concat!("sparse", "+http"),
    concat!("[regis", "tries"),
    concat!("index", "-url"),
    concat!("trusted", "-host"),
    concat!("npm_config", "_registry"),
    concat!("GO", "PROXY="),
];

/// Folders of somebody's machine, in pieces likewise.
const MACHINE_FOLDERS: [&str; 4] =
    [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];

#[test]
fn every_file_says_what_it_is() {
    let silent = rust().into_iter().filter(|source| !source.text.starts_with("//! "));
    let offence = |s: Source| Offence { file: s.path, line: 1, what: "does not start with `//! `".to_owned() };
    obeyed("every file opens with what it owns and what it does not do", silent.map(offence).collect());
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    let shipped: Vec<_> = rust().into_iter().map(Source::without_tests).collect();
    let offences = each_line(&shipped, |_, line| line.contains(".unwrap()").then(|| "`.unwrap()`".to_owned()));
    obeyed("outside tests, say by `expect` why it cannot fail", offences);
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["todo!", "unimplemented!", "dbg!"];
    let offences =
        each_line(&rust(), |_, line| words.iter().find(|word| has_word(line, word)).map(|word| format!("`{word}`")));
    obeyed("no placeholders", offences);
}

#[test]
fn lints_are_expected_and_not_allowed() {
    let offences = each_line(&rust(), |_, line| {
        (line.contains("#[allow") || line.contains("#![allow")).then(|| "`allow`".to_owned())
    });
    obeyed("silence a lint by `#[expect(lint, reason = \"…\")]`", offences);
}

#[test]
fn imports_of_the_crate_are_one_path_a_line() {
    let offences = each_line(&rust(), |_, line| {
        let (before, path) = line.split_once("use crate::")?;
        let import = before.trim().is_empty() || before.trim_start().starts_with("pub");
        (import && (path.contains('{') || !path.trim_end().ends_with(';'))).then(|| path.trim().to_owned())
    });
    obeyed("one `use crate::…` path a line: the floors are read from them", offences);
}

#[test]
fn no_file_knows_a_machine() {
    let offences = in_all_files(|line| {
        let folder = MACHINE_FOLDERS.iter().find(|folder| begins_path(line, folder))?;
        Some(format!("a path below `{folder}`"))
    });
    obeyed("tracked files name no folder of somebody's machine", offences);
}

#[test]
fn packages_come_from_the_usual_places() {
    let offences = in_all_files(|line| {
        let other = OTHER_REGISTRIES.iter().find(|word| line.contains(*word)).map(|word| format!("`{word}`"));
        let locked = line.starts_with("source = \"") && !line.contains(CRATES_IO);
        other.or_else(|| locked.then(|| line.trim().to_owned()))
    });
    obeyed("tracked files name no registry of their own", offences);
}

/// One offence for each line of any text of the tree that `breaks` describes.
fn in_all_files(breaks: impl Fn(&str) -> Option<String>) -> Vec<Offence> {
    let mut offences = Vec::new();
    for (path, text) in tracked().into_iter().filter_map(|path| read(&path).map(|text| (path, text))) {
        for (index, line) in text.lines().enumerate() {
            offences.extend(breaks(line).map(|what| Offence { file: path.clone(), line: index + 1, what }));
        }
    }
    offences
}

/// Whether an absolute path begins with `folder`: `a/home/b` and `https://x.org/home/` do not.
fn begins_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '}' | ')'))
    })
}

#[test]
fn the_rules_see_what_they_shall_see() {
    let home = MACHINE_FOLDERS[1];
    assert!(begins_path(&format!("path = \"{home}me\""), home));
    assert!(!begins_path(&format!("https://example.org{home}me"), home));
}
