//! Format and lints. Guests are linted for their own target too: some of their code exists only there.

use crate::guests;
use crate::install;
use crate::tree::Tree;
use xshell::cmd;

pub(crate) fn run(tree: &Tree) -> anyhow::Result<()> {
    cmd!(tree.shell, "cargo fmt --all --check").run()?;
    cmd!(tree.shell, "cargo clippy --workspace --all-targets -- -D warnings").run()?;
    install::wasm_target(tree)?;
    let packages = guests::package_flags(&guests::all(tree)?);
    let target = tree.guest_target();
    cmd!(tree.shell, "cargo clippy {packages...} --lib --target wasm32-wasip2 --target-dir {target} -- -D warnings")
        .run()?;
    Ok(())
}
