//! What the suite opens Buildbot's pages with: the pages, as their package has them, and playwright, which drives Chromium.
//!
//! Everything lies in `target/browser`, and nothing of it is committed.

use crate::tree::Tree;
use anyhow::Context;
use xshell::cmd;

/// The package on PyPI that holds the pages of Buildbot's web client.
const PAGES: &str = "buildbot-www==4.3.0";

/// The package on npm, without a browser of its own.
const PLAYWRIGHT: &str = "playwright-core@1.65.1";

/// Fetches what is missing.
pub(crate) fn install_missing(tree: &Tree) -> anyhow::Result<()> {
    let folder = tree.path("target/browser");
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    if !folder.join("node_modules/playwright-core").is_dir() {
        cmd!(tree.shell, "npm install --prefix {folder} --no-save --no-audit --no-fund --loglevel error {PLAYWRIGHT}")
            .run()
            .context("the suite needs npm's playwright-core, which drives the browser; be online")?;
    }
    if !folder.join("pages/buildbot_www/static/index.html").is_file() {
        let wheels = folder.join("wheels");
        cmd!(tree.shell, "python3 -m pip download --quiet --no-deps --only-binary :all: --dest {wheels} {PAGES}")
            .run()
            .context("the suite needs the pages of Buildbot's web client, from PyPI; be online")?;
        let wheel = tree.shell.read_dir(&wheels)?.into_iter().next().context("pip left no wheel")?;
        let pages = folder.join("pages");
        cmd!(tree.shell, "python3 -m zipfile -e {wheel} {pages}").run()?;
    }
    Ok(())
}
