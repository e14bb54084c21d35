//! From what happened to the older Buildbot's events, in its order.
//!
//! What an event does not bring is asked of the data API, as of now; what is there no more is left out.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use campanile_sdk::contract::Link;
use campanile_sdk::contract::Step;
use campanile_sdk::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::payloads;
use crate::settings::Settings;

/// Builds that run, of which it is known; one that never ends may not fill the reporter's memory.
const MOST_RUNNING: usize = 10_000;
/// Workers that are paused, of which it is known.
const MOST_PAUSED: usize = 10_000;

/// What an event comes to.
#[derive(Default)]
pub(crate) struct Told {
    /// Names and payloads.
    pub(crate) events: Vec<(&'static str, Value)>,
    /// What is to be remembered besides.
    pub(crate) effects: Vec<Effect>,
}

impl Told {
    fn one(name: &'static str, payload: Value) -> Self {
        Self { events: vec![(name, payload)], effects: Vec::new() }
    }
}

/// The older Buildbot's events for this one.
pub(crate) fn told(config: &Config<Settings>, event: &Event, host: &impl Host) -> Told {
    let (kind, what) = ends(&event.topic);
    match (&event.body, kind, what) {
        (EventBody::Build(report), _, "new") => started(report, host),
        (EventBody::Build(report), _, "finished") => finished(report, host),
        (EventBody::Step(report), _, _) => {
            let name = match what {
                "started" => "stepStarted",
                "updated" => "stepTextChanged",
                _ => "stepFinished",
            };
            let logs = logs_of(config, &report.step, (report.builder.id, report.build.number), host);
            let mut payload = of_step(&report.step, report.build.id, logs, host);
            if what == "updated" {
                payload["text"] = json!([report.step.state_string]);
            }
            Told::one(name, payload)
        }
        (EventBody::Request(report), _, "new") => {
            Told::one("requestSubmitted", json!({"request": payloads::request(report)}))
        }
        (EventBody::Request(report), _, _) => {
            let payload = json!({"builder": {"name": report.builder.name}, "request": payloads::request(report)});
            Told::one("requestCancelled", payload)
        }
        (EventBody::Buildset(report), _, _) => {
            Told::one("buildsetSubmitted", json!({"buildset": payloads::buildset(&report.buildset)}))
        }
        (EventBody::Change(change), _, _) => Told::one("changeAdded", json!({"change": payloads::change(change)})),
        (EventBody::Worker(report), _, _) => worker(report, what, host),
        (EventBody::Other(json), _, _) => {
            other(config, (kind, what), &serde_json::from_str(json).unwrap_or_default(), host)
        }
        _ => Told::default(),
    }
}

/// The first and the last part of a topic.
fn ends(topic: &str) -> (&str, &str) {
    let first = topic.split('/').next().unwrap_or_default();
    (first, topic.rsplit('/').next().unwrap_or_default())
}

fn started(report: &BuildReport, host: &impl Host) -> Told {
    let mut running = running(host);
    let count: usize = running.values().map(BTreeSet::len).sum();
    let builds = running.entry(report.builder.id).or_default();
    let was_idle = builds.is_empty();
    if count < MOST_RUNNING {
        builds.insert(report.build.id);
    }
    let mut told = Told { events: Vec::new(), effects: vec![remember("running", &running)] };
    if was_idle {
        told.events.push(state_of(report, "building"));
    }
    told.events.push(("buildStarted", json!({"build": payloads::build(report)})));
    told
}

fn finished(report: &BuildReport, host: &impl Host) -> Told {
    let mut told = Told::one("buildFinished", json!({"build": payloads::build(report)}));
    let mut running = running(host);
    let Some(builds) = running.get_mut(&report.builder.id) else { return told };
    builds.remove(&report.build.id);
    if builds.is_empty() {
        running.remove(&report.builder.id);
        told.events.push(state_of(report, "idle"));
    }
    told.effects.push(remember("running", &running));
    told
}

fn state_of(report: &BuildReport, state: &str) -> (&'static str, Value) {
    ("builderChangedState", json!({"builderName": report.builder.name, "state": state}))
}

/// The builds that run, by builder.
fn running(host: &impl Host) -> BTreeMap<Id, BTreeSet<Id>> {
    host.recall("running").and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default()
}

fn worker(report: &campanile_sdk::contract::WorkerReport, what: &str, host: &impl Host) -> Told {
    let name = &report.worker.name;
    let now = only(host, &format!("workers/{}", report.worker.id), "workers");
    match what {
        "connected" => {
            let mut slave = now["workerinfo"].clone();
            if !slave.is_object() {
                slave = json!({});
            }
            slave["name"] = name.as_str().into();
            slave["connected"] = true.into();
            Told::one("slaveConnected", json!({"slave": slave}))
        }
        "disconnected" => Told::one("slaveDisconnected", json!({"slavename": name})),
        "state_updated" => paused(report, now["paused"] == true, host),
        _ => Told::default(),
    }
}

/// The worker's state has more sides than this one: it is told when it differs from what was told last.
fn paused(report: &campanile_sdk::contract::WorkerReport, is_paused: bool, host: &impl Host) -> Told {
    let kept = host.recall("paused").and_then(|kept| serde_json::from_str(&kept).ok());
    let mut paused: BTreeSet<Id> = kept.unwrap_or_default();
    let id = report.worker.id;
    let is_new = if is_paused { paused.len() < MOST_PAUSED && paused.insert(id) } else { paused.remove(&id) };
    if !is_new {
        return Told::default();
    }
    let name = if is_paused { "slavePaused" } else { "slaveUnpaused" };
    let effects = vec![remember("paused", &paused)];
    Told { events: vec![(name, json!({"slavename": report.worker.name}))], effects }
}

/// What the event tells by the body it has in the data API.
fn other(config: &Config<Settings>, (kind, what): (&str, &str), body: &Value, host: &impl Host) -> Told {
    match (kind, what) {
        ("masters", "started") => Told::one("start", json!({})),
        ("masters", "stopped") => Told::one("shutdown", json!({})),
        ("builders", "started") => {
            let builder = only(host, &format!("builders/{}", body["builderid"]), "builders");
            let builder = json!({"name": body["name"], "description": builder["description"], "tags": builder["tags"]});
            Told::one("builderAdded", json!({"builderName": body["name"], "builder": builder}))
        }
        ("builders", "stopped") => Told::one("buildedRemoved", json!({"builderName": body["name"]})),
        ("logs", _) => {
            let name = if what == "new" { "logStarted" } else { "logFinished" };
            let step = only(host, &format!("steps/{}", body["stepid"]), "steps");
            let (step, build) = (step_of(&step), step["buildid"].as_u64().unwrap_or_default());
            let place =
                host.build(build, Want::empty()).map_or((0, 0), |report| (report.builder.id, report.build.number));
            let mut payload = of_step(&step, build, logs_of(config, &step, place, host), host);
            payload["log"] = json!([body["name"], log_url(config, place, step.number, &body["slug"])]);
            Told::one(name, payload)
        }
        _ => Told::default(),
    }
}

/// The payload of what happens to a step.
fn of_step(step: &Step, build: Id, logs: Vec<Value>, host: &impl Host) -> Value {
    let properties = only(host, &format!("builds/{build}/properties"), "properties");
    let properties = properties.as_object().into_iter().flatten();
    let properties: Vec<Value> = properties.map(|(name, pair)| json!([name, pair[0], pair[1]])).collect();
    json!({"properties": properties, "step": payloads::step(step, logs)})
}

/// The logs of a step, with their pages.
fn logs_of(config: &Config<Settings>, step: &Step, place: (Id, u32), host: &impl Host) -> Vec<Value> {
    let answer = asked(host, &format!("steps/{}/logs", step.id));
    let logs = answer["logs"].as_array().into_iter().flatten();
    logs.map(|log| json!([log["name"], log_url(config, place, step.number, &log["slug"])])).collect()
}

fn log_url(config: &Config<Settings>, (builder, build): (Id, u32), step: u32, slug: &Value) -> String {
    let slug = slug.as_str().unwrap_or_default();
    format!("{}#/builders/{builder}/builds/{build}/steps/{step}/logs/{slug}", config.url)
}

/// A step as the data API shows it.
fn step_of(json: &Value) -> Step {
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let links = json["urls"].as_array().into_iter().flatten();
    let link = |link: &Value| Link {
        name: link["name"].as_str().unwrap_or_default().to_owned(),
        url: link["url"].as_str().unwrap_or_default().to_owned(),
    };
    Step {
        id: json["stepid"].as_u64().unwrap_or_default(),
        number: json["number"].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default(),
        name: text("name"),
        started_at: json["started_at"].as_u64(),
        complete_at: json["complete_at"].as_u64(),
        results: json["results"].as_u64().and_then(Results::from_code),
        state_string: text("state_string"),
        hidden: json["hidden"] == true,
        urls: links.map(link).collect(),
        logs: Vec::new(),
    }
}

/// The one resource that a path stands for.
fn only(host: &impl Host, path: &str, kind: &str) -> Value {
    asked(host, path)[kind][0].take()
}

fn asked(host: &impl Host, path: &str) -> Value {
    host.get(path).ok().and_then(|answer| serde_json::from_str(&answer).ok()).unwrap_or_default()
}

fn remember(key: &str, value: &impl serde::Serialize) -> Effect {
    Effect::remember(key, serde_json::to_string(value).expect("ids are JSON"))
}
