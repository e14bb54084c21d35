//! What makes components of Python and JavaScript: componentize-py, and componentize-qjs, which brings QuickJS along.
//!
//! They lie in `target/componentizers`, and nothing of them is committed.

use crate::tree::Tree;
use anyhow::Context;
use std::path::PathBuf;
use xshell::cmd;

/// The package on PyPI. Another version writes other components.
const PYTHON: &str = "componentize-py==0.25.1";

/// The package on npm.
const JAVASCRIPT: &str = "componentize-qjs@0.4.5";

/// A language that is no Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    JavaScript,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::Python, Self::JavaScript];

    /// The package that makes its components, and its version.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::Python => PYTHON,
            Self::JavaScript => JAVASCRIPT,
        }
    }

    /// The program that makes its components.
    pub(crate) fn program(self, tree: &Tree) -> PathBuf {
        match self {
            Self::Python => self.folder(tree).join("bin/componentize-py"),
            Self::JavaScript => self.folder(tree).join("node_modules/.bin/componentize-qjs"),
        }
    }

    /// In a folder of its own, named after the version: neither the system's packages nor those of who runs this are
    /// touched.
    pub(crate) fn folder(self, tree: &Tree) -> PathBuf {
        tree.path("target/componentizers").join(self.package().replace("==", "-").replace('@', "-"))
    }

    /// Removes the folders of other versions, so that the suite finds one.
    fn remove_others(self, tree: &Tree) -> anyhow::Result<()> {
        let (all, ours) = (tree.path("target/componentizers"), self.folder(tree));
        let name = self.package().split(['=', '@']).next().unwrap_or_default();
        for folder in if all.is_dir() { tree.shell.read_dir(all)? } else { Vec::new() } {
            let is_of_it = folder.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name));
            if is_of_it && folder != ours {
                tree.shell.remove_path(&folder)?;
            }
        }
        Ok(())
    }

    /// Fetches the program when it is missing, or another version.
    pub(crate) fn install_missing(self, tree: &Tree) -> anyhow::Result<()> {
        self.remove_others(tree)?;
        if self.program(tree).is_file() {
            return Ok(());
        }
        let (folder, package) = (self.folder(tree), self.package());
        tree.shell.remove_path(&folder)?;
        tree.shell.create_dir(&folder)?;
        let install = match self {
            Self::Python => {
                cmd!(
                    tree.shell,
                    "python3 -m pip install --quiet --disable-pip-version-check --target {folder} {package}"
                )
            }
            Self::JavaScript => {
                cmd!(
                    tree.shell,
                    "npm install --prefix {folder} --no-save --no-audit --no-fund --loglevel error {package}"
                )
            }
        };
        install.run().with_context(|| format!("the examples need {package}, which makes components; be online"))
    }
}
