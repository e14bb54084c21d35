//! The reporter from the outside: given settings and an event, expect requests.

use campanile_sdk::contract::HttpLogin;
use campanile_sdk::contract::SourceStamp;
use campanile_sdk::forges::BITBUCKET_STATES;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_new_request;
use campanile_sdk::testing::deliveries;
use campanile_sdk::testing::posted;
use campanile_sdk::testing::skipped;
use serde_json::Value;
use serde_json::json;

use crate::StashStatusPush;

/// Settings that work, with these on top.
fn given(more: Value) -> Given {
    let mut settings = json!({"base_url": "https://bbs", "user": "stash_username", "password": "stash"});
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    Given::settings(settings)
}

fn stamp(codebase: &str, revision: Option<&str>) -> SourceStamp {
    let mut stamp = a_build("Builder1").report().buildset.source_stamps.remove(0);
    (stamp.codebase, stamp.revision) = (codebase.to_owned(), revision.map(str::to_owned));
    stamp
}

fn build() -> GivenBuild {
    a_build("Builder1").stamps(vec![stamp("", Some("d34db33f"))])
}

/// What is sent: the URL and the body of each.
fn sent(given: &Given, event: &Event) -> Vec<(String, Value)> {
    posted(&given.effects::<StashStatusPush>(event))
}

const COMMIT: &str = "https://bbs/rest/build-status/1.0/commits/d34db33f";

fn body(state: &str, description: &str) -> Value {
    json!({"state": state, "url": "https://ci.example/#/builders/80/builds/1", "key": "Builder1",
        "description": description})
}

#[test]
fn each_stage_has_its_state() {
    assert_eq!(sent(&given(json!({})), &build().started()), [(COMMIT.into(), body("INPROGRESS", "Build started."))]);
    for results in Results::ALL {
        let state = if results == Results::Success { "SUCCESSFUL" } else { "FAILED" };
        let told = sent(&given(json!({})), &build().results(results).finished());
        assert_eq!(told, [(COMMIT.into(), body(state, "Build done."))], "{results:?}");
    }
    assert_eq!(sent(&given(json!({})), &a_new_request("Builder1")), [], "requests are not told");
    assert_eq!(BITBUCKET_STATES.requested, "INPROGRESS");
}

#[test]
fn the_older_arguments_and_those_of_today_work() {
    let settings = json!({"base_url": "https://bbs/stash/", "key": "%(prop:branch)s/%(prop:buildername)s",
        "statusName": "nm", "startDescription": "Off it goes.", "endDescription": ""});
    let url = "https://bbs/stash/rest/build-status/1.0/commits/d34db33f";
    let page = "https://ci.example/#/builders/80/builds/1";
    let said = json!({"state": "INPROGRESS", "url": page, "key": "main/Builder1", "description": "Off it goes.",
        "name": "nm"});
    assert_eq!(sent(&given(settings.clone()), &build().started()), [(url.into(), said)]);
    let said = json!({"state": "FAILED", "url": page, "key": "main/Builder1", "name": "nm"});
    let told = sent(&given(settings), &build().results(Results::Warnings).finished());
    assert_eq!(told, [(url.into(), said)], "what is empty is left out");
}

#[test]
fn who_posts_is_said_by_name_and_secret() {
    let effects = given(json!({"verify": false})).effects::<StashStatusPush>(&build().finished());
    let delivery = deliveries(&effects)[0];
    assert_eq!(delivery.lane.as_deref(), Some("commit d34db33f Builder1"));
    let Message::Http(request) = &delivery.message else { panic!("no request") };
    let Some(HttpLogin::Basic(login)) = &request.login else { panic!("no login") };
    assert_eq!((&login.user, &login.password), (&literal("stash_username"), &secret("stash")));
    assert_eq!(request.verify, campanile_sdk::contract::TlsVerify::Nothing);
}

#[test]
fn each_commit_is_told_once_and_what_has_none_is_skipped() {
    let stamps = [("a", Some("aaa1")), ("b", Some("bbb2")), ("c", Some("aaa1")), ("d", None), ("e", Some(" "))];
    let build = a_build("Builder1").stamps(stamps.map(|(codebase, revision)| stamp(codebase, revision)).to_vec());
    let effects = given(json!({})).effects::<StashStatusPush>(&build.finished());
    let commits: Vec<String> = posted(&effects).iter().map(|(url, _)| url[42..].to_owned()).collect();
    assert_eq!(commits, ["aaa1", "bbb2"]);
    assert_eq!(skipped(&effects).len(), 2, "{effects:?}");
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let settings = json!({"key": "%(x)s", "statusName": "%(secret:x)s", "startDescription": "s",
        "generators": [{"kind": "BuildRequestGenerator", "mode": "all"}]});
    let problems = given(settings).problems::<StashStatusPush>();
    let places: Vec<&str> = problems.iter().filter_map(|problem| problem.split(':').next()).collect();
    assert_eq!(places, ["/key", "/statusName", "/generators/0/mode", "/startDescription"], "{problems:#?}");
}

#[test]
fn the_page_has_the_table_of_states() {
    let page = include_str!("../../../docs/reporters/stash.md");
    assert!(page.contains(&BITBUCKET_STATES.markdown()));
}
