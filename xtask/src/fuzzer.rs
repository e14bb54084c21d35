//! What the suite asks a host everything with: schemathesis, which makes requests of the description of an API.
//!
//! It lies in `target/schemathesis`, and nothing of it is committed.

use crate::tree::Tree;
use anyhow::Context;
use xshell::cmd;

/// The package on PyPI. Another version makes other requests of the same seed.
const FUZZER: &str = "schemathesis==4.32.5";

/// Fetches it when it is missing, or another version.
pub(crate) fn install_missing(tree: &Tree) -> anyhow::Result<()> {
    let folder = tree.path("target/schemathesis");
    let version = FUZZER.replace("==", "-");
    if folder.join(format!("{version}.dist-info")).is_dir() {
        return Ok(());
    }
    tree.shell.remove_path(&folder)?;
    // In a folder of its own: neither the system's packages nor those of who runs this are touched.
    cmd!(tree.shell, "python3 -m pip install --quiet --disable-pip-version-check --target {folder} {FUZZER}")
        .run()
        .context("the suite needs schemathesis, from PyPI, which asks a host everything; be online")
}
