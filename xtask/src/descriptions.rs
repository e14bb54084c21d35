//! What the suite holds requests to other systems against: the description of GitHub's API, as GitHub publishes it.
//!
//! It lies in `target/descriptions`, and nothing of it is committed.

use crate::tree::Tree;
use anyhow::Context;
use xshell::cmd;

/// The package on npm, and the one file of it that is wanted: of 500 MB, 13.
const PACKAGE: &str = "@octokit/openapi@23.0.2";
const FILE: &str = "package/generated/api.github.com.json";

/// Fetches it when it is missing.
pub(crate) fn install_missing(tree: &Tree) -> anyhow::Result<()> {
    let folder = tree.path("target/descriptions");
    let wanted = folder.join("github-23.0.2.json");
    if wanted.is_file() {
        return Ok(());
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let packed = cmd!(tree.shell, "npm pack {PACKAGE} --silent --pack-destination {folder}").read();
    let packed = packed.context("the suite needs GitHub's description of its API, from npm; be online")?;
    let packed = folder.join(packed.lines().last().unwrap_or_default().trim());
    cmd!(tree.shell, "tar --extract --gzip --file {packed} --directory {folder} {FILE}").run()?;
    std::fs::rename(folder.join(FILE), wanted)?;
    tree.shell.remove_path(packed)?;
    tree.shell.remove_path(folder.join("package"))?;
    Ok(())
}
