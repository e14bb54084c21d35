//! The reporter from the outside: given settings and an event, expect messages.

use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_missing_worker;
use campanile_sdk::testing::posted;
use serde_json::Value;
use serde_json::json;

use crate::PushoverNotifier;

/// Settings that work, with these on top.
fn given(more: Value) -> Given {
    let mut settings = json!({"user_key": "user", "api_token": "app"});
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    Given::settings(settings).context(json!({"build": {"state_string": "failed compile"}, "build_url": "https://b/1",
        "status_detected": "failed build", "buildername": "Builder<1>", "projects": "proj", "workername": "w"}))
}

#[test]
fn a_line_of_html_with_the_default_subject() {
    let effects = given(json!({})).effects::<PushoverNotifier>(&a_build("B").results(Results::Failure).finished());
    let told = posted(&effects);
    let message = "The Buildbot has detected a <a href=\"https://b/1\">failed build</a> of \
        <i>Builder&lt;1&gt;</i> while building proj on w.";
    assert_eq!(told[0].0, "https://api.pushover.net/1/messages.json");
    let mut said = told[0].1.clone();
    let title = said["title"].take();
    assert!(title.as_str().is_some_and(|title| title.contains("Buildbot (Acme CI): B - ")), "{title}");
    assert_eq!(said, json!({"message": message, "title": null, "html": "1", "user": "<user>", "token": "<app>"}));
}

#[test]
fn priorities_go_by_the_outcome() {
    let priorities = json!({"cancelled": -2, "exception": 1, "failing": 2, "passing": -1, "warnings": 0});
    let generators = json!([{"kind": "BuildStatusGenerator", "mode": ["change"]}]);
    let given = given(json!({"priorities": priorities, "generators": generators}));
    let priority = |results| {
        let previous = if results == Results::Success { Results::Failure } else { Results::Success };
        let event = a_build("B").results(results).previous(previous).finished();
        posted(&given.effects::<PushoverNotifier>(&event))[0].1["priority"].clone()
    };
    let expected = ["-1", "0", "2", "", "1", "", "-2"].map(|priority: &str| match priority {
        "" => Value::Null,
        priority => json!(priority),
    });
    assert_eq!(Results::ALL.map(priority), expected);
}

#[test]
fn missing_workers_have_a_priority_of_their_own() {
    let generators = json!([{"kind": "WorkerMissingGenerator"}]);
    let given = given(json!({"priorities": {"worker_missing": 1}, "generators": generators}));
    let told = posted(&given.effects::<PushoverNotifier>(&a_missing_worker("w", &["a@example.net"])));
    assert_eq!((&told[0].1["priority"], told[0].1.get("html")), (&json!("1"), None));
}

#[test]
fn other_parameters_go_before_our_own() {
    let parameters = json!({"sound": "bells", "html": 0, "retry": 60, "expire": "3600"});
    let event = a_build("B").results(Results::Failure).finished();
    let said = posted(&given(json!({"otherParams": parameters})).effects::<PushoverNotifier>(&event)).remove(0).1;
    assert_eq!([&said["sound"], &said["html"], &said["retry"], &said["expire"]], ["bells", "0", "60", "3600"]);
}

#[test]
fn texts_are_as_long_as_pushover_takes() {
    let generators = json!([{"kind": "BuildStatusGenerator",
        "message_formatter": {"kind": "MessageFormatterRenderable", "template": "\u{e4}".repeat(2000)}}]);
    let event = a_build("B").results(Results::Failure).finished();
    let said = posted(&given(json!({"generators": generators})).effects::<PushoverNotifier>(&event)).remove(0).1;
    assert_eq!(said["message"].as_str().map(|text| text.chars().count()), Some(1024));
}

#[test]
fn an_emergency_says_how_long_it_rings() {
    let problems = |more: Value| given(more).problems::<PushoverNotifier>().len();
    let priorities = json!({"failing": 2});
    assert_eq!(problems(json!({"priorities": priorities})), 1);
    assert_eq!(problems(json!({"priorities": priorities, "otherParams": {"retry": 60}})), 1);
    assert_eq!(problems(json!({"priorities": priorities, "otherParams": {"retry": 60, "expire": 600}})), 0);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let settings = json!({"priorities": {"failed": 1, "failing": 3}, "otherParams": {"noise": "loud"},
        "generators": [{"kind": "BuildRequestGenerator", "mode": "all"}]});
    let problems = given(settings).problems::<PushoverNotifier>();
    let places: Vec<&str> = problems.iter().filter_map(|problem| problem.split(':').next()).collect();
    assert_eq!(places, ["/priorities/failed", "/priorities/failing", "/otherParams/noise", "/generators/0/mode"]);
}
