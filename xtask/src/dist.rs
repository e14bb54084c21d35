//! A release build, laid out as it is installed.

use crate::guests;
use crate::tree::Tree;
use crate::tree::copy_changed;
use xshell::cmd;

pub(crate) fn run(tree: &Tree) -> anyhow::Result<()> {
    let guests = guests::build_shelved(tree)?;
    cmd!(tree.shell, "cargo build --release -p campanile").run()?;
    let dist = tree.path("target/dist");
    let binary = dist.join("campanile");
    copy_changed(&tree.native_target()?.join("release/campanile"), &binary)?;
    println!("{}", binary.display());
    for guest in guests {
        if let Some(shelf) = guest.shelf {
            let component = dist.join(shelf).join(guest.file());
            copy_changed(&tree.guests().join(guest.built()), &component)?;
            println!("{}", component.display());
        }
    }
    Ok(())
}
