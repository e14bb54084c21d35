//! The rules of the house that a compiler does not know. Each rule is a test, each message a place and the rule.
//!
//! It reads the files that git tracks or would track. Words are looked for in code only: comments and texts are blanked
//! (`source.rs`), and what follows `#[cfg(test)]` counts as test.

mod floors;
mod habits;
mod places;
mod sizes;
mod source;

use source::Source;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

/// One place that breaks a rule.
struct Offence {
    file: String,
    line: usize,
    what: String,
}

/// Fails with every offence, not only the first.
#[track_caller]
fn obeyed(rule: &str, offences: Vec<Offence>) {
    let list: Vec<_> = offences.iter().map(|o| format!("{}:{}: {}", o.file, o.line, o.what)).collect();
    assert!(list.is_empty(), "{rule}\n  {}\n", list.join("\n  "));
}

/// One offence for each line of the source that `breaks` describes.
fn each_line<'a>(sources: &'a [Source], breaks: impl Fn(&'a Source, &'a str) -> Option<String>) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in sources {
        for (index, line) in source.code.lines().enumerate() {
            if let Some(what) = breaks(source, line) {
                offences.push(Offence { file: source.path.clone(), line: index + 1, what });
            }
        }
    }
    offences
}

/// All Rust of the tree.
fn rust() -> Vec<Source> {
    let sources = tracked().into_iter().filter(|path| path.ends_with(".rs"));
    sources.filter_map(|path| Some(Source::new(&path, &read(&path)?))).collect()
}

/// The files of the tree, as paths from its root.
fn tracked() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git is there: the tree is a clone");
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let paths = String::from_utf8(listed.stdout).expect("paths of this tree are UTF-8");
    paths.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

/// The text of a file; nothing when it is deleted or not text.
fn read(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
