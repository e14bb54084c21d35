//! Resident memory of `campanile serve` that has nothing to do: without reporters, with one, with ten.

use crate::host;
use crate::table::Row;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::ProcessHost;
use std::time::Duration;
use tokio::runtime::Runtime;

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let sink = runtime.block_on(SmtpSink::start(SmtpOptions::default())).expect("a sink");
    [0, 1, 10].map(|reporters| runtime.block_on(row(reporters, sink.port()))).into()
}

async fn row(reporters: usize, port: u16) -> Row {
    let setup = (0..reporters).fold(host::setup(), |setup, number| setup.mail(&format!("mails-{number}"), port, ""));
    // The second start: plugins come from the cache, as in all later lives.
    ProcessHost::start(&setup).await.terminate().await;
    let host = ProcessHost::start(&setup).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (all, own) = (mib(host.id(), "Rss:"), mib(host.id(), "Anonymous:"));
    host.terminate().await;
    Row::told(&format!("resident when idle, {reporters} reporters"), format!("{all:.1} MiB, {own:.1} of it its own"))
}

/// A line of the process's memory map, all areas together.
fn mib(process: u32, name: &str) -> f64 {
    let map = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).expect("Linux");
    let line = map.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().expect("a number") / 1024.0
}
