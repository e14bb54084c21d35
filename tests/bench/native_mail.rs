//! The mail reporter as a little program: what a call by fork and exec costs. Settings and event on standard input, as
//! `processes.rs` writes them, effects on standard output.

mod native;

use campanile::model::*;
use serde_json::Value;
use serde_json::json;
use std::io::Read;
use std::io::Write;

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("standard input");
    let (config, event) = read(&text);
    let host = campanile_sdk::testing::Given::settings(json!({}));
    let effects = native::handle(&config, &event, &host);
    std::io::stdout().write_all(answer(&effects).as_bytes()).expect("standard output");
}

type Names = (String, String, String, String);
type Head = (Seq, String, Timestamp, String);
type Rows = (Build, Builder, BuildRequest, Buildset);
type More = (Properties, Option<Build>, Vec<String>);
type Steps = Vec<(Step, Vec<(Log, String)>)>;

fn read(text: &str) -> (ReporterConfig, ReporterEvent) {
    let parts: (Names, Head, Rows, More, Steps) = serde_json::from_str(text).expect("what was written reads");
    let ((name, title, config_url, settings), (seq, topic, at, url), rows, more, steps) = parts;
    let (build, builder, request, buildset) = rows;
    let (properties, previous, users) = more;
    let logs = |logs: Vec<(Log, String)>| logs.into_iter().map(|(log, url)| LogReport { log, url }).collect();
    let steps = steps.into_iter().map(|(step, its)| StepWithLogs { step, logs: logs(its) }).collect();
    let changes = Vec::new();
    let report = BuildReport {
        build,
        builder,
        request,
        buildset,
        parent: None,
        url,
        properties,
        steps,
        previous,
        changes,
        users,
        gathered: Want::ALL,
    };
    let config = ReporterConfig { name, title, url: config_url, settings };
    (config, ReporterEvent { seq, topic, at, body: EventBody::Build(Box::new(report)) })
}

fn answer(effects: &[Effect]) -> String {
    let one = |effect: &Effect| match effect {
        Effect::Deliver(delivery) => json!({"key": delivery.key, "message": delivery.message}),
        _ => Value::Null,
    };
    Value::Array(effects.iter().map(one).collect()).to_string()
}
