//! What the suite holds itself against: the description of GitHub's API, and the payloads of its webhooks, as GitHub
//! publishes them.
//!
//! They lie in `target/descriptions`, and nothing of them is committed.

use crate::tree::Tree;
use anyhow::Context;
use std::path::Path;
use xshell::cmd;

/// A package on npm, and the one file of it that is wanted.
struct Published {
    package: &'static str,
    file: &'static str,
    /// What it is called here.
    kept: &'static str,
    says: &'static str,
}

const ALL: [Published; 2] = [
    // Of 500 MB, 13.
    Published {
        package: "@octokit/openapi@23.0.2",
        file: "package/generated/api.github.com.json",
        kept: "github-23.0.2.json",
        says: "GitHub's description of its API",
    },
    Published {
        package: "@octokit/webhooks-examples@7.6.1",
        file: "package/api.github.com/index.json",
        kept: "github-webhooks-7.6.1.json",
        says: "the payloads of GitHub's webhooks",
    },
];

/// Fetches those that are missing.
pub(crate) fn install_missing(tree: &Tree) -> anyhow::Result<()> {
    let folder = tree.path("target/descriptions");
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    ALL.iter().filter(|published| !folder.join(published.kept).is_file()).try_for_each(|one| fetch(tree, &folder, one))
}

fn fetch(tree: &Tree, folder: &Path, Published { package, file, kept, says }: &Published) -> anyhow::Result<()> {
    let packed = cmd!(tree.shell, "npm pack {package} --silent --pack-destination {folder}").read();
    let packed = packed.with_context(|| format!("the suite needs {says}, from npm; be online"))?;
    let packed = folder.join(packed.lines().last().unwrap_or_default().trim());
    cmd!(tree.shell, "tar --extract --gzip --file {packed} --directory {folder} {file}").run()?;
    std::fs::rename(folder.join(file), folder.join(kept))?;
    tree.shell.remove_path(packed)?;
    tree.shell.remove_path(folder.join("package"))?;
    Ok(())
}
