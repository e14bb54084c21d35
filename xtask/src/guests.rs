//! Builds the WebAssembly guests and lays the bundled plugins and the examples out, ready to be dropped in.

use crate::install;
use crate::manifest;
use crate::manifest::Names;
use crate::tree::Tree;
use crate::tree::copy_changed;
use anyhow::Context;
use std::path::Path;
use std::path::PathBuf;
use xshell::cmd;

/// The folders of guests, and where the built ones are copied to: the suite's components stay where they are.
const FAMILIES: [(&str, Option<&str>); 3] =
    [("plugins", Some(BUNDLED)), ("examples", Some("examples")), ("tests/components", None)];

/// The shelf of the plugins that come with the host.
const BUNDLED: &str = "plugins";

/// One guest: its names, and the folder below `target` for its component.
pub(crate) struct Guest {
    pub(crate) names: Names,
    pub(crate) shelf: Option<&'static str>,
}

impl Guest {
    /// What cargo calls it: `http_push.wasm`.
    pub(crate) fn built(&self) -> String {
        format!("{}.wasm", self.names.library)
    }

    /// What it is called where it is dropped in: a bundled plugin by its own name, `http-push.wasm`.
    pub(crate) fn file(&self) -> String {
        if self.shelf == Some(BUNDLED) { self.built().replace('_', "-") } else { self.built() }
    }
}

/// Builds all guests.
pub(crate) fn build_all(tree: &Tree) -> anyhow::Result<()> {
    build(tree, &all(tree)?)
}

/// Builds the bundled plugins and the examples, without what only the suite needs; says which there are.
pub(crate) fn build_shelved(tree: &Tree) -> anyhow::Result<Vec<Guest>> {
    let mut guests = all(tree)?;
    guests.retain(|guest| guest.shelf.is_some());
    build(tree, &guests)?;
    Ok(guests)
}

fn build(tree: &Tree, guests: &[Guest]) -> anyhow::Result<()> {
    install::wasm_target(tree)?;
    let packages = package_flags(guests);
    let target = tree.guest_target();
    cmd!(tree.shell, "cargo build {packages...} --lib --profile guest --target wasm32-wasip2 --target-dir {target}")
        .run()
        .context("building the guests")?;
    for guest in guests {
        if let Some(shelf) = guest.shelf {
            let shelf = tree.path("target").join(shelf);
            copy_changed(&tree.guests().join(guest.built()), &shelf.join(guest.file()))?;
        }
    }
    Ok(())
}

/// `-p` and the package, for each.
pub(crate) fn package_flags(guests: &[Guest]) -> Vec<String> {
    guests.iter().flat_map(|guest| ["-p".to_owned(), guest.names.package.clone()]).collect()
}

pub(crate) fn all(tree: &Tree) -> anyhow::Result<Vec<Guest>> {
    let mut guests = Vec::new();
    for (family, shelf) in FAMILIES {
        for folder in crates_in(&tree.path(family))? {
            guests.push(Guest { names: manifest::read(&folder)?, shelf });
        }
    }
    Ok(guests)
}

/// The folders in `family` that hold a Rust crate (an example may as well be Python, or data), in order of their names.
fn crates_in(family: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !family.exists() {
        return Ok(Vec::new());
    }
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(family).with_context(|| format!("reading {}", family.display()))? {
        let folder = entry?.path();
        if folder.join("Cargo.toml").is_file() {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}
