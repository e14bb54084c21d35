//! Rust's side of a fresh machine: the target that guests are compiled for.

use crate::tree::Tree;
use anyhow::Context;
use std::path::PathBuf;
use xshell::cmd;

const TARGET: &str = "wasm32-wasip2";

/// Adds the target when this toolchain lacks it.
pub(crate) fn wasm_target(tree: &Tree) -> anyhow::Result<()> {
    // Asked of rustc and not of rustup: a toolchain of a distribution has its targets without it.
    let sysroot = PathBuf::from(cmd!(tree.shell, "rustc --print sysroot").quiet().read()?);
    if sysroot.join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(());
    }
    cmd!(tree.shell, "rustup target add {TARGET}").run().with_context(|| {
        format!(
            "the guests need the target {TARGET}, and rustup could not add it to {}; \
             get rustup from https://rustup.rs, be online, and run `rustup target add {TARGET}`",
            sysroot.display()
        )
    })
}
