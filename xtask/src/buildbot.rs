//! A Buildbot that posts what it builds to a host: master, worker and pages, from PyPI.
//!
//! It lies in `target/buildbot`, and nothing of it is committed.

use crate::tree::Tree;
use anyhow::Context;
use xshell::cmd;

const VERSION: &str = "4.3.0";

/// The packages on PyPI. A master that listens to HTTP wants its pages.
const PACKAGES: [&str; 3] = ["buildbot", "buildbot-worker", "buildbot-www"];

/// Fetches it when it is missing, or another version.
pub(crate) fn install_missing(tree: &Tree) -> anyhow::Result<()> {
    let folder = tree.path("target/buildbot");
    if PACKAGES.iter().all(|package| has(tree, package)) {
        return Ok(());
    }
    tree.shell.remove_path(&folder)?;
    let packages = PACKAGES.map(|package| format!("{package}=={VERSION}"));
    // In a folder of its own: neither the system's packages nor those of who runs this are touched.
    cmd!(tree.shell, "python3 -m pip install --quiet --disable-pip-version-check --target {folder} {packages...}")
        .run()
        .context("the suite needs Buildbot, from PyPI, which posts what it builds; be online")
}

fn has(tree: &Tree, package: &str) -> bool {
    let name = package.replace('-', "_");
    tree.path(format!("target/buildbot/{name}-{VERSION}.dist-info")).is_dir()
}
