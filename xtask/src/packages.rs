//! Debian's side of a fresh machine: the real servers that the suite sends to.

use crate::tree::Tree;
use anyhow::bail;
use std::path::Path;
use xshell::cmd;

/// A program that the suite starts, and the package that has it.
struct Needed {
    program: &'static str,
    package: &'static str,
}

const NEEDED: [Needed; 1] = [Needed { program: "smtpd", package: "opensmtpd" }];

/// Where servers lie, also when they are not in the PATH of whoever runs the suite.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];

/// Installs what is missing where that is possible, else says what to do.
pub(crate) fn install_missing(tree: &Tree) -> anyhow::Result<()> {
    let missing: Vec<_> = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let wanted = missing.join(" ");
    if !can_install(tree) {
        bail!(
            "the suite needs Debian packages that are not here: {wanted}; \
             run `sudo apt-get install --no-install-recommends {wanted}`, or run the suite as root"
        );
    }
    // Runlevel 1 keeps Debian from starting a server that it has just installed.
    let _frontend = tree.shell.push_env("DEBIAN_FRONTEND", "noninteractive");
    let _level = tree.shell.push_env("RUNLEVEL", "1");
    cmd!(tree.shell, "apt-get update --quiet --quiet").run()?;
    cmd!(tree.shell, "apt-get install --quiet --quiet --yes --no-install-recommends {missing...}").run()?;
    Ok(())
}

fn missing() -> Vec<&'static str> {
    let here = |program: &str| FOLDERS.iter().any(|folder| Path::new(folder).join(program).exists());
    NEEDED.iter().filter(|needed| !here(needed.program)).map(|needed| needed.package).collect()
}

fn can_install(tree: &Tree) -> bool {
    let root = cmd!(tree.shell, "id -u").quiet().read().is_ok_and(|id| id == "0");
    root && Path::new("/usr/bin/apt-get").exists()
}
