//! The benches: each figure is a ratio to a limit that is measured in the same run.

use crate::guests;
use crate::tree::Tree;
use xshell::cmd;

pub(crate) fn run(tree: &Tree, filter: &[String]) -> anyhow::Result<()> {
    guests::build_all(tree)?;
    // The program itself: its memory is measured in a process of its own.
    cmd!(tree.shell, "cargo build --release -p campanile -p campanile-tests --bins --benches").run()?;
    cmd!(tree.shell, "cargo bench -p campanile-tests --bench limits -- {filter...}")
        .env("CAMPANILE_GUESTS", tree.guests())
        .run()?;
    Ok(())
}
