//! The reporter from the outside: given settings and an event, expect requests.

use campanile_sdk::contract::Builder;
use campanile_sdk::contract::Event;
use campanile_sdk::contract::EventBody;
use campanile_sdk::contract::HttpLogin;
use campanile_sdk::contract::ParentBuild;
use campanile_sdk::contract::SourceStamp;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_new_request;
use campanile_sdk::testing::deliveries;
use campanile_sdk::testing::posted;
use campanile_sdk::testing::requests;
use campanile_sdk::testing::skipped;
use serde_json::Value;
use serde_json::json;

use crate::BitbucketServerStatusPush;

/// Settings that work, with these on top.
fn given(more: Value) -> Given {
    let mut settings = json!({"base_url": "https://bbs/", "token": "bitbucket"});
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    Given::settings(settings)
}

fn stamp() -> SourceStamp {
    let mut stamp = a_build("Builder1").report().buildset.source_stamps.remove(0);
    stamp.repository = String::from("https://bbs/scm/o/r.git");
    stamp
}

fn build() -> GivenBuild {
    a_build("Builder1").stamps(vec![stamp()])
}

fn sent(given: &Given, event: &Event) -> Vec<(String, Value)> {
    posted(&given.effects::<BitbucketServerStatusPush>(event))
}

/// The body of the only request.
fn body(given: &Given, event: &Event) -> Value {
    let mut sent = sent(given, event);
    assert_eq!(sent.len(), 1, "{sent:?}");
    sent.remove(0).1
}

const BUILDS: &str = "https://bbs/rest/api/1.0/projects/o/repos/r/commits/d34db33f/builds";
const PAGE: &str = "https://ci.example/#/builders/80/builds/1";

#[test]
fn all_ten_keys_are_sent() {
    let said = json!({"state": "FAILED", "url": PAGE, "key": "Builder1", "parent": "Builder1", "ref": "refs/heads/main",
        "buildNumber": "1", "description": "Build done.", "name": "Builder1 #1", "duration": 9000,
        "testResults": null});
    let told = sent(&given(json!({})), &build().results(Results::Failure).finished());
    assert_eq!(told, [(BUILDS.to_owned(), said)]);
    let said = json!({"state": "INPROGRESS", "url": PAGE, "key": "Builder1", "parent": "Builder1",
        "ref": "refs/heads/main", "buildNumber": "1", "description": "Build started.", "name": "Builder1 #1",
        "duration": null, "testResults": null});
    assert_eq!(body(&given(json!({})), &build().started()), said);
}

#[test]
fn a_request_has_no_number_yet() {
    let mut event = a_new_request("Builder1");
    if let EventBody::Request(report) = &mut event.body {
        report.buildset.source_stamps = vec![stamp()];
    }
    let said = json!({"state": "INPROGRESS", "url": "https://ci.example/#/buildrequests/12", "key": "Builder1",
        "parent": "Builder1", "ref": "refs/heads/main", "buildNumber": null, "description": "Build pending.",
        "name": "Builder1 #(build request)", "duration": null, "testResults": null});
    assert_eq!(body(&given(json!({})), &event), said);
}

#[test]
fn a_triggered_build_is_shown_below_the_other() {
    let mut event = build().finished();
    if let EventBody::Build(report) = &mut event.body {
        let mut parent = report.build.clone();
        parent.number = 7;
        let builder = Builder { id: 3, name: "all".into(), description: None, tags: Vec::new() };
        report.parent = Some(ParentBuild { build: parent, builder });
    }
    let said = body(&given(json!({"statusSuffix": " [%(prop:branch)s]"})), &event);
    assert_eq!((&said["parent"], &said["name"]), (&json!("all"), &json!("all #7 \u{bb} Builder1 #1 [main]")));
}

#[test]
fn settings_say_it_differently() {
    let settings = json!({"statusName": "nm", "statusSuffix": "!", "key": "k/%(prop:branch)s", "parentName": "p",
        "buildNumber": "%(prop:buildnumber)s.0", "ref": "refs/tags/v1", "duration": "42",
        "testResults": {"failed": "1", "skipped": "%(prop:none)s", "successful": "%(prop:good)s"}});
    let said = body(&given(settings), &build().property_json("good", json!(30)).finished());
    let expected = json!({"state": "SUCCESSFUL", "url": PAGE, "key": "k/main", "parent": "p", "ref": "refs/tags/v1",
        "buildNumber": "1.0", "description": "Build done.", "name": "nm!", "duration": 42,
        "testResults": {"failed": 1, "skipped": 0, "successful": 30}});
    assert_eq!(said, expected);
}

#[test]
fn tests_are_counted_by_properties() {
    let counted = build().property_json("tests_failed", json!(2)).property("tests_successful", "10");
    let said = body(&given(json!({})), &counted.clone().finished());
    assert_eq!(said["testResults"], json!({"failed": 2, "skipped": 0, "successful": 10}));
    assert_eq!(body(&given(json!({})), &counted.started())["testResults"], Value::Null);
}

#[test]
fn who_posts_is_a_token_or_a_user() {
    let request = |settings: Value| {
        let effects = given(settings).effects::<BitbucketServerStatusPush>(&build().finished());
        requests(&effects)[0].clone()
    };
    let by_token = request(json!({}));
    assert_eq!(by_token.headers[0].value, [literal("Bearer "), secret("bitbucket")].concat());
    let by_user = request(json!({"token": null, "auth": ["ci", "ci-password"]}));
    let Some(HttpLogin::Basic(login)) = &by_user.login else { panic!("no login") };
    assert_eq!((&login.user, &login.password, by_user.headers.len()), (&literal("ci"), &secret("ci-password"), 0));
}

#[test]
fn places_and_lanes() {
    let place = |repository: &str| {
        let stamp = SourceStamp { repository: repository.to_owned(), branch: None, ..stamp() };
        let effects = given(json!({})).effects::<BitbucketServerStatusPush>(&build().stamps(vec![stamp]).finished());
        match (&deliveries(&effects)[..], &skipped(&effects)[..]) {
            ([delivery], []) => (posted(&effects)[0].clone(), delivery.lane.clone()),
            (_, skipped) => ((skipped.join(""), Value::Null), None),
        }
    };
    let ((url, said), lane) = place("ssh://git@bbs:7999/o/r.git");
    assert_eq!((url.as_str(), lane.as_deref()), (BUILDS, Some("projects/o/repos/r d34db33f Builder1")));
    assert_eq!(said["ref"], Value::Null, "sent all the same");
    assert!(place("https://bbs/users/~ann/r").0.0.contains("projects/~ann/repos/r/"));
    assert!(place("/srv/r").0.0.contains("names no repository"));
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let settings = json!({"auth": ["a", "b"], "ref": "%(x)s", "testResults": {"failed": "%(secret:x)s", "skipped": "",
        "successful": ""}, "generators": [{"kind": "BuildRequestGenerator", "mode": "all"}]});
    let problems = given(settings).problems::<BitbucketServerStatusPush>();
    let places: Vec<&str> = problems.iter().filter_map(|problem| problem.split(':').next()).collect();
    assert_eq!(places, ["/ref", "/testResults/failed", "/auth", "/generators/0/mode"], "{problems:#?}");
    let nobody = given(json!({"token": null})).problems::<BitbucketServerStatusPush>();
    assert_eq!(nobody, [": give token or auth, so that the server knows who posts"]);
}

#[test]
fn the_page_has_the_table_of_states() {
    let page = include_str!("../../../docs/reporters/bitbucket-server.md");
    assert!(page.contains(&campanile_sdk::forges::BITBUCKET_STATES.markdown()));
}
