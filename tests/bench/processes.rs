//! The same call as a process of its own, the little program `native-mail`: JSON in, JSON out.

use campanile::model::*;
use serde_json::json;
use std::io::Write;
use std::process::Command;
use std::process::Stdio;
use std::time::Instant;

/// How long each of so many calls took, in seconds.
pub(crate) fn times(config: &ReporterConfig, event: &ReporterEvent, calls: usize) -> Vec<f64> {
    let text = written(config, event);
    (0..calls).map(|_| process(&text)).collect()
}

fn process(text: &str) -> f64 {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_native-mail"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the little program starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stdout.starts_with(b"[{"), "it answers");
    started.elapsed().as_secs_f64()
}

/// Settings and event, as the little program reads them.
fn written(config: &ReporterConfig, event: &ReporterEvent) -> String {
    let EventBody::Build(report) = &event.body else { panic!("the event is a build's") };
    let log = |report: &LogReport| json!([report.log, report.url]);
    let steps = report.steps.iter().map(|step| json!([step.step, step.logs.iter().map(log).collect::<Vec<_>>()]));
    json!([
        [config.name, config.title, config.url, config.settings],
        [event.seq, event.topic, event.at, report.url],
        [report.build, report.builder, report.request, report.buildset],
        [report.properties, report.previous, report.users],
        steps.collect::<Vec<_>>(),
    ])
    .to_string()
}
