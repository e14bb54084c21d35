//! The benches: each figure beside a limit of the same machine, taken in the same run.
//!
//! `cargo xtask bench [filter]`. Limit and figure take turns, and medians are compared, for the machine may be busy.
//! What is slow is printed and fails nothing. What the figures mean is in `docs/performance.md`.

mod backlog;
mod bare;
mod batches;
mod clients;
mod drain;
mod handle;
mod host;
mod irc;
mod irc_sink;
mod latency;
mod logs;
mod memory;
mod mix;
mod native;
mod processes;
mod push;
mod reading;
mod render;
mod reviews;
mod rounds;
mod run;
mod sse;
mod ssh_sink;
mod steps;
mod table;
mod template;
mod updates;
mod usual;

use std::io::Write;
use std::process::Command;
use std::time::Instant;
use table::Row;
use tokio::runtime::Runtime;

type Bench = fn(&Runtime) -> Vec<Row>;

const BENCHES: &[(&str, Bench)] = &[
    ("updates", updates::run),
    ("batches", batches::run),
    ("steps", steps::run),
    ("reading", reading::run),
    ("handle", handle::run),
    ("template", template::run),
    ("render", render::run),
    ("latency", latency::run),
    ("drain", drain::run),
    ("push", push::run),
    ("reviews", reviews::run),
    ("irc", irc::run),
    ("sse", sse::run),
    ("logs", logs::run),
    ("run", run::run),
    ("memory", memory::run),
];

fn main() {
    // As `campanile serve` has it; lines are made and thrown away.
    let filter = tracing_subscriber::EnvFilter::new("info");
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::sink).init();
    // Cargo adds `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut rows = Vec::new();
    for (name, bench) in BENCHES {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            eprintln!("measuring {name} …");
            rows.extend(bench(&runtime));
        }
    }
    println!("\n{}\n", machine());
    table::print(&rows);
}

/// What it was measured on.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel = Command::new("uname").args(["-s", "-r"]).output().map(|uname| uname.stdout).unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(2).collect();
    let kernel = String::from_utf8_lossy(&kernel).trim().to_owned();
    let sync = syncs();
    let [p50, p99] = [0.5, 0.99].map(|part| table::seconds(rounds::percentile(sync.clone(), part)));
    format!("{cores} cores, {kernel}, load {}; 4 KiB are on disk after {p50}, p99 {p99}", load.join(" "))
}

/// Seconds that each of some small writes takes to reach the disk: no commit is faster.
fn syncs() -> Vec<f64> {
    let mut file = tempfile::tempfile().expect("a file");
    let mut sync = || {
        let started = Instant::now();
        file.write_all(&[0; 4096]).and_then(|()| file.sync_data()).expect("the disk takes it");
        started.elapsed().as_secs_f64()
    };
    (0..500).map(|_| sync()).collect()
}
