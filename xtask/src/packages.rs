//! Debian's side of a fresh machine: the real servers that the suite sends to, and what fetches tools.

use crate::tree::Tree;
use anyhow::Context;
use anyhow::bail;
use std::path::Path;
use xshell::cmd;

/// A program that the suite starts (by its path, or wherever it is), and the packages that it comes with.
struct Needed {
    program: &'static str,
    packages: &'static [&'static str],
}

/// The login of `saslpasswd2` is checked by modules that Debian only recommends.
const SERVERS: [Needed; 7] = [
    Needed { program: "/usr/sbin/postfix", packages: &["postfix"] },
    Needed { program: "/usr/sbin/saslpasswd2", packages: &["sasl2-bin", "libsasl2-modules"] },
    Needed { program: "/usr/sbin/sshd", packages: &["openssh-server"] },
    Needed { program: "/usr/bin/chromium", packages: &["chromium"] },
    Needed { program: "/usr/sbin/ngircd", packages: &["ngircd"] },
    Needed { program: "/usr/sbin/inspircd", packages: &["inspircd"] },
    Needed { program: "/usr/sbin/anope", packages: &["anope"] },
];

/// What fetches and runs the tools of Python and JavaScript.
const TOOLS: [Needed; 4] = [
    Needed { program: "node", packages: &["nodejs"] },
    Needed { program: "npm", packages: &["npm"] },
    Needed { program: "python3", packages: &["python3"] },
    Needed { program: "pip", packages: &["python3-pip"] },
];

/// Installs what the suite needs and is missing where that is possible, else says what to do.
pub(crate) fn install_missing(tree: &Tree) -> anyhow::Result<()> {
    install_of(tree, "the suite", SERVERS.iter().chain(&TOOLS))
}

/// The same for what the examples need.
pub(crate) fn install_tools(tree: &Tree) -> anyhow::Result<()> {
    install_of(tree, "building the examples", TOOLS.iter())
}

fn install_of<'n>(tree: &Tree, what: &str, needed: impl Iterator<Item = &'n Needed>) -> anyhow::Result<()> {
    let missing: Vec<_> = needed.filter(|needed| !exists(needed.program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().flat_map(|needed| needed.packages).copied().collect();
    let programs = missing.iter().map(|needed| needed.program).collect::<Vec<_>>().join(" and ");
    let command = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    if !can_install(tree) {
        bail!("{what} needs {programs}: run `sudo {command}`, or run this as root on Debian");
    }
    install(tree, &packages).with_context(|| format!("{what} needs {programs}, and `{command}` failed"))
}

fn install(tree: &Tree, packages: &[&str]) -> anyhow::Result<()> {
    let _frontend = tree.shell.push_env("DEBIAN_FRONTEND", "noninteractive");
    // Keeps Debian from starting a server that it has just installed.
    let _level = tree.shell.push_env("RUNLEVEL", "1");
    cmd!(tree.shell, "apt-get update --quiet --quiet").run()?;
    // `--no-remove`: a machine that has another mail server keeps it.
    cmd!(tree.shell, "apt-get install --quiet --quiet --yes --no-remove --no-install-recommends {packages...}")
        .run()?;
    Ok(())
}

/// A path is looked at; a name is looked for where programs are.
fn exists(program: &str) -> bool {
    let places = std::env::var_os("PATH").unwrap_or_default();
    // Joined to a folder, an absolute path stays what it is.
    std::env::split_paths(&places).any(|place| place.join(program).is_file())
}

fn can_install(tree: &Tree) -> bool {
    let root = cmd!(tree.shell, "id -u").quiet().read().is_ok_and(|id| id == "0");
    root && Path::new("/usr/bin/apt-get").exists()
}
