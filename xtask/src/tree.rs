//! The working tree: where its folders are, and a shell that stands in its root.

use anyhow::Context;
use std::env;
use std::path::Path;
use std::path::PathBuf;
use xshell::Shell;
use xshell::cmd;

pub(crate) struct Tree {
    pub(crate) shell: Shell,
    root: PathBuf,
}

impl Tree {
    pub(crate) fn open() -> anyhow::Result<Self> {
        // Asked for when it runs: the tree may have been moved since this was compiled.
        let here = env::var("CARGO_MANIFEST_DIR").context("run it as `cargo xtask`: CARGO_MANIFEST_DIR is not set")?;
        let root = Path::new(&here).parent().context("the folder of xtask has no parent")?.to_owned();
        let shell = Shell::new()?;
        shell.change_dir(&root);
        Ok(Self { shell, root })
    }

    pub(crate) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.root.join(inside)
    }

    /// Guests are built apart: a build for another target would otherwise wait for the host's lock.
    pub(crate) fn guest_target(&self) -> PathBuf {
        self.path("target/guests")
    }

    /// Where the guests lie after a build.
    pub(crate) fn guests(&self) -> PathBuf {
        self.guest_target().join("wasm32-wasip2/guest")
    }

    /// Where cargo builds natively: `target`, unless the environment or cargo's configuration says otherwise.
    pub(crate) fn native_target(&self) -> anyhow::Result<PathBuf> {
        let metadata = cmd!(self.shell, "cargo metadata --no-deps --format-version 1").quiet().read()?;
        let key = r#""target_directory":""#;
        let (_, rest) = metadata.split_once(key).context("cargo metadata names no target directory")?;
        let (path, _) = rest.split_once('"').context("cargo metadata is cut off")?;
        Ok(PathBuf::from(path))
    }
}

/// Copies `from` to `to` unless it is there already: who watches the folder sees true changes only.
pub(crate) fn copy_changed(from: &Path, to: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(from).with_context(|| format!("reading {}", from.display()))?;
    if std::fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    // By rename: a host that runs from this folder never sees half a file.
    let half = to.with_extension("part");
    std::fs::copy(from, &half).with_context(|| format!("writing {}", half.display()))?;
    std::fs::rename(&half, to).with_context(|| format!("writing {}", to.display()))
}
