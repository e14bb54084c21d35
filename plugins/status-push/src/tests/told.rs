//! Which events come of what happens, and what their packets say.

use campanile_sdk::contract::BuildReport;
use campanile_sdk::contract::Event;
use campanile_sdk::contract::EventBody;
use campanile_sdk::contract::StepReport;
use campanile_sdk::contract::Worker;
use campanile_sdk::contract::WorkerReport;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_cancelled_request;
use campanile_sdk::testing::a_complete_buildset;
use campanile_sdk::testing::a_new_request;
use campanile_sdk::testing::deliveries;
use serde_json::Value;
use serde_json::json;

use super::Run;
use super::packets;
use crate::StatusPush;

fn told(run: &mut Run, event: &Event) -> Vec<Value> {
    run.handle(event);
    run.wake();
    let told = run.pushes.last().map(|(_, body)| packets(body)).unwrap_or_default();
    run.end(campanile_sdk::contract::Outcome::Done);
    told
}

fn event(topic: &str, body: EventBody) -> Event {
    Event { seq: 5, topic: topic.to_owned(), at: 1_767_323_045, body }
}

fn worker(what: &str) -> Event {
    let worker = Worker { id: 13, name: "w1".to_owned(), admin: None };
    let report = WorkerReport { worker, last_connection: None, notify: Vec::new() };
    event(&format!("workers/13/{what}"), EventBody::Worker(report))
}

fn step_event(report: &BuildReport, what: &str) -> Event {
    let report =
        StepReport { step: report.steps[0].clone(), build: report.build.clone(), builder: report.builder.clone() };
    event(&format!("steps/51/{what}"), EventBody::Step(report))
}

fn names(packets: &[Value]) -> Vec<&str> {
    packets.iter().map(|packet| packet["event"].as_str().expect("a name")).collect()
}

#[test]
fn a_packet_has_the_older_shape() {
    let mut run = Run::new(json!({}));
    let packets = told(&mut run, &event("masters/1/started", EventBody::Other("{}".to_owned())));
    let moment = "2026-01-02 03:04:05.000000";
    let expected = json!({"id": 1, "timestamp": moment, "project": "Acme CI", "started": moment, "event": "start",
        "payload": {}});
    assert_eq!(packets, [expected]);
    let (_, body) = run.pushes.last().expect("a push");
    let campanile_sdk::contract::HttpBody::Form(fields) = body else { panic!("no form") };
    assert_eq!(
        super::text(&fields[0].value),
        format!(
            r#"[{{"id":1,"timestamp":"{moment}","project":"Acme CI","started":"{moment}","event":"start","payload":{{}}}}]"#
        )
    );
}

#[test]
fn a_build_from_its_start_to_its_end() {
    let mut run = Run::new(json!({}));
    let build = || a_build("linux").step("compile", Results::Success).log("stdio").user("ann@example.net");
    let first = told(&mut run, &build().running().started());
    assert_eq!(names(&first), ["builderChangedState", "buildStarted"]);
    assert_eq!(first[0]["payload"], json!({"builderName": "linux", "state": "building"}));
    let another = told(&mut run, &a_build("linux").id(22).number(2).started());
    assert_eq!(names(&another), ["buildStarted"], "the builder builds already");
    let last = told(&mut run, &build().results(Results::Failure).state("failed compile").finished());
    assert_eq!(names(&last), ["buildFinished"], "and still does");
    assert_eq!(
        last[0]["payload"]["build"],
        json!({
            "builderName": "linux",
            "number": 1,
            "reason": "because",
            "blame": ["ann@example.net"],
            "sourceStamps": [{"branch": "main", "revision": "d34db33f", "repository": "https://git.example/proj",
                "project": "proj"}],
            "properties": [["branch", "main", "test"], ["reason", "because", "test"],
                ["scheduler", "commits", "test"], ["workername", "worker-1", "test"]],
            "times": [10, 19],
            "text": ["failed compile"],
            "results": 2,
            "slave": "worker-1",
            "logs": last[0]["payload"]["build"]["logs"],
            "steps": last[0]["payload"]["build"]["steps"],
        })
    );
    let step = &last[0]["payload"]["build"]["steps"][0];
    assert_eq!(
        (&step["name"], &step["results"], &step["isFinished"]),
        (&json!("compile"), &json!([0, []]), &json!(true))
    );
    assert_eq!(step["logs"], last[0]["payload"]["build"]["logs"]);
    let other = told(&mut run, &a_build("linux").id(22).number(2).finished());
    assert_eq!(names(&other), ["buildFinished", "builderChangedState"]);
    assert_eq!(other[1]["payload"]["state"], "idle");
}

#[test]
fn steps_and_logs_come_with_their_build() {
    let report = a_build("linux").running().running_step("compile").report();
    let step = report.steps[0].clone();
    let logs = json!({"logs": [{"logid": 60, "name": "stdio", "slug": "stdio", "stepid": step.id}], "meta": {}});
    let shown = json!({"steps": [{"stepid": step.id, "number": step.number, "name": "compile", "buildid": 21,
        "started_at": 11, "complete_at": null, "results": null, "state_string": "compiling", "hidden": false,
        "urls": [{"name": "u", "url": "https://u/"}]}]});
    let given = Given::settings(json!({"serverUrl": "https://status.example/submit"}))
        .build(report.clone())
        .answers("builds/21/properties", json!({"properties": [{"branch": ["main", "Build"]}], "meta": {}}))
        .answers(&format!("steps/{}/logs", step.id), logs)
        .answers(&format!("steps/{}", step.id), shown);
    let mut run = Run::of(given);
    for (what, name) in [("started", "stepStarted"), ("updated", "stepTextChanged"), ("finished", "stepFinished")] {
        let packets = told(&mut run, &step_event(&report, what));
        assert_eq!(names(&packets), [name]);
        let payload = &packets[0]["payload"];
        assert_eq!(payload["properties"], json!([["branch", "main", "Build"]]));
        assert_eq!(payload["step"]["name"], "compile");
        assert_eq!(payload["text"].is_array(), what == "updated");
        let url = format!("https://ci.example/#/builders/80/builds/1/steps/{}/logs/stdio", step.number);
        assert_eq!(payload["step"]["logs"], json!([["stdio", url]]));
    }
    let log = json!({"logid": 60, "name": "stdio", "slug": "stdio", "stepid": step.id}).to_string();
    for (what, name) in [("new", "logStarted"), ("finished", "logFinished")] {
        let packets = told(&mut run, &event(&format!("logs/60/{what}"), EventBody::Other(log.clone())));
        assert_eq!(names(&packets), [name]);
        let payload = &packets[0]["payload"];
        assert_eq!((&payload["log"][0], &payload["step"]["text"]), (&json!("stdio"), &json!(["compiling"])));
        assert_eq!(payload["step"]["urls"], json!({"u": "https://u/"}));
    }
}

#[test]
fn everything_else_that_happens() {
    let worker_now = json!({"workers": [{"workerid": 13, "paused": true, "workerinfo": {"host": "box"}}]});
    let builder = json!({"builders": [{"builderid": 80, "name": "linux", "description": null, "tags": ["fast"]}]});
    let given = Given::settings(json!({"serverUrl": "https://status.example/submit"}))
        .answers("workers/13", worker_now)
        .answers("builders/80", builder);
    let mut run = Run::of(given);
    let mut check = |event: &Event, name: &str, payload: Value| {
        let packets = told(&mut run, event);
        assert_eq!(names(&packets), [name]);
        assert_eq!(packets[0]["payload"], payload);
    };
    let stamp = json!({"branch": "main", "revision": "d34db33f", "repository": "https://git.example/proj",
        "project": "proj"});
    let request = json!({"brid": 12, "builderName": "linux", "source": stamp, "submittedAt": 9});
    check(&a_new_request("linux"), "requestSubmitted", json!({"request": request}));
    let payload = json!({"builder": {"name": "linux"}, "request": request});
    check(&a_cancelled_request("linux"), "requestCancelled", payload);
    let mut set = a_complete_buildset(Results::Success, []);
    set.topic = "buildsets/99/new".to_owned();
    let buildset = json!({"bsid": 99, "reason": "because", "sourceStamps": [stamp], "submittedAt": 9});
    check(&set, "buildsetSubmitted", json!({"buildset": buildset}));
    let body = EventBody::Other(json!({"builderid": 80, "masterid": 1, "name": "linux"}).to_string());
    let payload = json!({"builderName": "linux", "builder": {"name": "linux", "tags": ["fast"]}});
    check(&event("builders/80/started", body.clone()), "builderAdded", payload);
    check(&event("builders/80/stopped", body), "buildedRemoved", json!({"builderName": "linux"}));
    let slave = json!({"slave": {"name": "w1", "host": "box", "connected": true}});
    check(&worker("connected"), "slaveConnected", slave);
    check(&worker("disconnected"), "slaveDisconnected", json!({"slavename": "w1"}));
    check(&worker("state_updated"), "slavePaused", json!({"slavename": "w1"}));
    check(&event("masters/1/stopped", EventBody::Other("{}".to_owned())), "shutdown", json!({}));
}

#[test]
fn a_worker_whose_other_state_changes_is_not_told() {
    let now = |paused: bool| json!({"workers": [{"workerid": 13, "paused": paused}]});
    let mut run = Run::new(json!({}));
    let mut check = |paused: bool, name: Option<&str>| {
        let given = std::mem::replace(&mut run.given, Given::settings(json!({})));
        run.given = given.answers("workers/13", now(paused));
        let before = run.pushes.len();
        run.handle(&worker("state_updated"));
        run.wake();
        let told = run.pushes[before..].iter().flat_map(|(_, body)| packets(body)).collect::<Vec<_>>();
        assert_eq!(names(&told).first().copied(), name);
        if name.is_some() {
            run.end(campanile_sdk::contract::Outcome::Done);
        }
    };
    check(false, None);
    check(true, Some("slavePaused"));
    check(true, None);
    check(false, Some("slaveUnpaused"));
    check(false, None);
}

#[test]
fn without_the_filter_payloads_are_whole() {
    let mut run = Run::new(json!({"filter": false}));
    let packets = told(&mut run, &super::a_change(1, ""));
    let change = &packets[0]["payload"]["change"];
    assert!(change["codebase"] == "" && change["category"].is_null() && change["properties"] == json!([]), "{change}");
    assert!(change.as_object().expect("an object").contains_key("category"));
}

#[test]
fn a_test_report_goes_out_at_once_and_is_not_counted() {
    let given =
        Given::settings(json!({"serverUrl": "https://status.example/submit", "blackList": ["builderChangedState"]}));
    let effects = given.effects::<StatusPush>(&a_build("linux").id(0).finished());
    let sent = deliveries(&effects);
    let Message::Http(request) = &sent[0].message else { panic!("no request") };
    assert_eq!((sent.len(), names(&packets(&request.body))), (1, vec!["buildFinished"]));
}
