//! The reporter from the outside: given settings and an event, expect comments.

use campanile_sdk::contract::Marker;
use campanile_sdk::contract::Resend;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_complete_buildset;
use campanile_sdk::testing::deliveries;
use campanile_sdk::testing::posted;
use campanile_sdk::testing::skipped;
use serde_json::Value;
use serde_json::json;

use crate::BitbucketServerPrComment;

fn given(generators: Value) -> Given {
    let settings = json!({"base_url": "https://bbs", "user": "ci", "password": "ci", "generators": generators});
    Given::settings(settings).context(json!({"build": {}, "status_detected": "failed build", "buildername": "Builder1",
        "projects": "proj"}))
}

fn build(url: &str) -> GivenBuild {
    a_build("Builder1").results(Results::Failure).property("pullrequesturl", url)
}

const PULL_REQUEST: &str = "https://bbs/projects/P/repos/R/pull-requests/7";

#[test]
fn a_build_of_a_pull_request_is_told_there() {
    let effects = given(json!(null)).effects::<BitbucketServerPrComment>(&build(PULL_REQUEST).finished());
    let told = posted(&effects);
    assert_eq!(told[0].0, "https://bbs/rest/api/1.0/projects/P/repos/R/pull-requests/7/comments");
    let text = told[0].1["text"].as_str().expect("a text");
    let (text, marker) = text.rsplit_once("\n\n[//]: # (").expect("a marker");
    assert!(text.starts_with("A failed build has been detected on builder Builder1 while building proj."), "{text}");
    let delivery = deliveries(&effects)[0];
    let Resend::Probe(probe) = &delivery.resend else { panic!("not asked for first") };
    assert_eq!(probe.marker, Marker::Letters(marker.trim_end_matches(')').to_owned()));
    let Message::Http(ask) = &probe.ask else { panic!("no request") };
    let activities = "https://bbs/rest/api/1.0/projects/P/repos/R/pull-requests/7/activities?limit=100";
    assert_eq!((ask.method.as_str(), &ask.url), ("GET", &literal(activities)));
    assert_eq!(delivery.lane.as_deref(), Some("projects/P/repos/R/pull-requests/7 Builder1"));
}

#[test]
fn pages_of_pull_requests() {
    let place = |url: &str| {
        let effects = given(json!(null)).effects::<BitbucketServerPrComment>(&build(url).finished());
        match (&posted(&effects)[..], &skipped(&effects)[..]) {
            ([(url, _)], []) => url["https://bbs/rest/api/1.0/".len()..].to_owned(),
            (_, skipped) => skipped.join(""),
        }
    };
    let comments = "projects/P/repos/R/pull-requests/7/comments";
    assert_eq!(place("https://bbs/stash/projects/P/repos/R/pull-requests/7/overview?x#y"), comments);
    assert_eq!(place("https://bbs/projects/P/repos/R/pull-requests/7/"), comments);
    assert_eq!(place("https://bbs/users/ann/repos/R/pull-requests/7"), "users/ann/repos/R/pull-requests/7/comments");
    for none in [
        "https://bbs/projects/P/repos/R",
        "https://bbs/projects/../repos/R/pull-requests/7",
        "x",
        "https://bbs/projects/P/repos/R/pull-requests/7x",
    ] {
        assert!(place(none).contains("which is no pull request's"), "{none}: {}", place(none));
    }
    let effects = given(json!(null)).effects::<BitbucketServerPrComment>(&a_build("Builder1").finished());
    assert!(skipped(&effects)[0].contains("no property pullrequesturl"));
}

#[test]
fn each_pull_request_of_a_buildset_is_told_once() {
    let other = "https://bbs/projects/P/repos/R/pull-requests/8";
    let builds = [build(PULL_REQUEST), build(PULL_REQUEST).id(22), build(other).id(23)];
    let set = a_complete_buildset(Results::Failure, builds);
    let effects = given(json!([{"kind": "BuildSetStatusGenerator"}])).effects::<BitbucketServerPrComment>(&set);
    let numbers: Vec<String> = posted(&effects).iter().map(|(url, _)| url[58..59].to_owned()).collect();
    assert_eq!(numbers, ["7", "8"]);
}

#[test]
fn markers_differ_by_event_and_stay_with_it() {
    let marker = |event: &Event| {
        let effects = given(json!(null)).effects::<BitbucketServerPrComment>(event);
        match &deliveries(&effects)[0].resend {
            Resend::Probe(probe) => probe.marker.clone(),
            other => panic!("not asked for first: {other:?}"),
        }
    };
    let first = build(PULL_REQUEST).finished();
    let mut later = build(PULL_REQUEST).id(22).finished();
    later.seq = 9;
    assert_eq!(marker(&first), marker(&first));
    assert_ne!(marker(&first), marker(&later));
}

#[test]
fn what_was_successful_is_told_too_and_what_was_cancelled_is_not() {
    let told = |results| {
        let event = build(PULL_REQUEST).results(results).finished();
        !given(json!(null)).effects::<BitbucketServerPrComment>(&event).is_empty()
    };
    let told: Vec<&str> = Results::ALL.into_iter().filter(|results| told(*results)).map(Results::name).collect();
    assert_eq!(told, ["success", "warnings", "failure"]);
    let wrong = given(json!([{"kind": "BuildRequestGenerator", "mode": "all"}]));
    assert_eq!(wrong.problems::<BitbucketServerPrComment>().len(), 1);
}
