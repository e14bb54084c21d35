//! The project's chores: `cargo xtask --help` lists them.
//!
//! One file a chore. Everything here is done by cargo, rustup and apt-get; this only knows the order.

mod bench;
mod browser;
mod buildbot;
mod componentizers;
mod demo;
mod descriptions;
mod dist;
mod examples;
mod fuzzer;
mod guests;
mod install;
mod lint;
mod manifest;
mod packages;
mod snapshots;
mod test;
mod tree;

use crate::tree::Tree;
use clap::Parser;
use std::process::ExitCode;

/// The project's chores
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    /// Build the WebAssembly guests: bundled plugins, examples in Rust, and the suite's components
    Guests,
    /// Build the examples, those in Python and JavaScript too, into target/examples
    Examples,
    /// Build everything and play a recorded CI run: what comes in, and every message that goes out
    Demo(demo::Flags),
    /// Build the guests and run the whole suite
    Test {
        /// Run only tests whose names contain one of these
        filter: Vec<String>,
    },
    /// Leave a release build in target/dist
    Dist,
    /// Measure against the limits of this machine
    Bench {
        /// Run only benches whose names contain one of these
        filter: Vec<String>,
    },
    /// Check format and lints, host and guests
    Lint,
}

fn main() -> ExitCode {
    match run(Chore::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> anyhow::Result<()> {
    let tree = Tree::open()?;
    match chore {
        Chore::Guests => guests::build_all(&tree),
        Chore::Examples => examples::run(&tree),
        Chore::Demo(flags) => demo::run(&tree, &flags),
        Chore::Test { filter } => test::run(&tree, &filter),
        Chore::Dist => dist::run(&tree),
        Chore::Bench { filter } => bench::run(&tree, &filter),
        Chore::Lint => lint::run(&tree),
    }
}
