//! The suite: guests, the binary, unit and end-to-end tests, doc tests, and no snapshot left behind.

use crate::browser;
use crate::buildbot;
use crate::descriptions;
use crate::examples;
use crate::fuzzer;
use crate::guests;
use crate::packages;
use crate::snapshots;
use crate::tree::Tree;
use xshell::cmd;

pub(crate) fn run(tree: &Tree, filter: &[String]) -> anyhow::Result<()> {
    packages::install_missing(tree)?;
    browser::install_missing(tree)?;
    buildbot::install_missing(tree)?;
    descriptions::install_missing(tree)?;
    fuzzer::install_missing(tree)?;
    guests::build_all(tree)?;
    examples::build_scripts(tree)?;
    // With the tests in one go: built alone, the binary would get fewer features and compile everything again.
    cmd!(tree.shell, "cargo build --workspace --bins --tests").run()?;

    let notes = snapshots::notes(tree)?;
    let shell = &tree.shell;
    let _guests = shell.push_env("CAMPANILE_GUESTS", tree.guests());
    let _binary = shell.push_env("CAMPANILE_BIN", tree.native_target()?.join("debug/campanile"));
    let _update = shell.push_env("INSTA_UPDATE", "no");
    let _notes = shell.push_env("INSTA_SNAPSHOT_REFERENCES_FILE", &notes);
    suite(tree, filter)?;
    if filter.is_empty() {
        cmd!(shell, "cargo test --workspace --doc --quiet").run()?;
        snapshots::fail_when_left_behind(tree, &notes)?;
    }
    Ok(())
}

/// By nextest where it is: it runs each test in a process of its own and shows the slow ones.
fn suite(tree: &Tree, filter: &[String]) -> anyhow::Result<()> {
    let shell = &tree.shell;
    let nextest = cmd!(shell, "cargo nextest --version").quiet().ignore_stdout().ignore_stderr().run().is_ok();
    match nextest {
        true => cmd!(shell, "cargo nextest run --workspace {filter...}").run()?,
        // `--lib --bins --tests`: the doc tests come by themselves afterwards.
        false => cmd!(shell, "cargo test --workspace --lib --bins --tests -- {filter...}").run()?,
    }
    Ok(())
}
