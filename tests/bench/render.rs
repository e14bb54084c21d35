//! Events through the mail reporter into deliveries: how many a second of CPU.
//!
//! The relay takes connections and never greets, so that sending costs nothing beyond being tried.

use crate::backlog;
use crate::host;
use crate::host::Host;
use crate::rounds::cpu_seconds;
use crate::rounds::median;
use crate::table::Row;
use crate::table::per_second;
use campanile_sinks::SmtpFault;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use std::time::Instant;
use tokio::runtime::Runtime;

const BUILDS: usize = 8000;
const ROUNDS: usize = 3;

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let options = SmtpOptions { fault: SmtpFault::StallAtConnect, ..SmtpOptions::default() };
    let sink = runtime.block_on(SmtpSink::start(options)).expect("a sink");
    let setup = host::setup();
    backlog::write(runtime, &setup, BUILDS);
    let (mut by_cpu, mut by_clock, mut events) = (Vec::new(), Vec::new(), 0);
    for round in 0..ROUNDS {
        let name = format!("round-{round}");
        let host = Host::start(runtime, &host::mail_from_start(setup.clone(), &name, sink.port()));
        let (before, cpu, clock) = (host.calls(&name), cpu_seconds(), Instant::now());
        host.rendered();
        let calls = (host.calls(&name) - before) as f64;
        by_clock.push(calls / clock.elapsed().as_secs_f64());
        by_cpu.push(calls / (cpu_seconds() - cpu));
        events = host.number("SELECT max(seq) FROM events");
        let written = format!("SELECT count(*) FROM deliveries WHERE reporter = '{name}'");
        assert_eq!(host.number(&written), BUILDS as i64, "each build is a mail");
        host.stop();
    }
    let (by_cpu, by_clock) = (median(by_cpu), median(by_clock));
    let passed = by_cpu * events as f64 / BUILDS as f64;
    vec![
        Row::told("builds rendered, a second of CPU", per_second(by_cpu)),
        Row::told("the same, by the clock", per_second(by_clock)),
        Row::told("the same, with the events passed over", per_second(passed)),
    ]
}
