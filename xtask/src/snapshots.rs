//! Snapshots that no test asks for any more: insta notes each one that it reads, the others have been left behind.

use crate::tree::Tree;
use anyhow::bail;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use xshell::cmd;

/// Where insta writes the paths of the snapshots that were read: a line each.
pub(crate) fn notes(tree: &Tree) -> anyhow::Result<PathBuf> {
    let file = tree.path("target/snapshots-read");
    match fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(file),
    }
}

/// Fails when a snapshot of the tree is not among those that were read. For whole runs only.
pub(crate) fn fail_when_left_behind(tree: &Tree, notes: &Path) -> anyhow::Result<()> {
    let read: BTreeSet<_> = fs::read_to_string(notes).unwrap_or_default().lines().map(canonical).collect();
    let tracked = cmd!(tree.shell, "git ls-files --cached --others --exclude-standard -- *.snap").quiet().read()?;
    let present = tracked.lines().map(|line| canonical(tree.path(line))).filter(|path| path.exists());
    let left: Vec<_> = present.filter(|path| !read.contains(path)).map(|path| path.display().to_string()).collect();
    if !left.is_empty() {
        bail!("no test reads these snapshots, delete them: {}", left.join(", "));
    }
    Ok(())
}

fn canonical(path: impl AsRef<Path>) -> PathBuf {
    path.as_ref().canonicalize().unwrap_or_else(|_| path.as_ref().to_owned())
}
