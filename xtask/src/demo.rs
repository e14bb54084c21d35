//! The demo: builds what it needs, then becomes `campanile demo`.

use crate::guests;
use crate::tree::Tree;
use clap::Args;
use std::os::unix::process::CommandExt;
use std::process::Command;
use xshell::cmd;

#[derive(Args)]
pub(crate) struct Flags {
    /// End when all is delivered, with exit code 0 if it was
    #[arg(long)]
    once: bool,
    /// Leave the server up and say where it listens
    #[arg(long, conflicts_with = "once")]
    keep: bool,
    /// Play so many times as fast
    #[arg(long, value_name = "N")]
    pace: Option<f64>,
}

impl Flags {
    fn passed_on(&self) -> Vec<String> {
        let once = self.once.then(|| "--once".to_owned());
        let keep = self.keep.then(|| "--keep".to_owned());
        let pace = self.pace.map(|pace| format!("--pace={pace}"));
        [once, keep, pace].into_iter().flatten().collect()
    }
}

pub(crate) fn run(tree: &Tree, flags: &Flags) -> anyhow::Result<()> {
    guests::build_shelved(tree)?;
    cmd!(tree.shell, "cargo build -p campanile").run()?;
    let mut demo = Command::new(tree.native_target()?.join("debug/campanile"));
    demo.arg("demo");
    for shelf in ["plugins", "examples"] {
        demo.arg("--plugins").arg(tree.path("target").join(shelf));
    }
    demo.arg("--recorded").arg(tree.path("examples/recorded/belfry.jsonl")).args(flags.passed_on());
    // In place of this process: its exit code is ours, and Ctrl-C finds nobody in between.
    Err(anyhow::Error::new(demo.exec()).context("starting campanile demo"))
}
