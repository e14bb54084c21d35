//! The reporter from the outside: given settings and an event, expect requests.

use campanile_sdk::contract::HttpBody;
use campanile_sdk::contract::Outcome;
use campanile_sdk::contract::Part;
use campanile_sdk::contract::Receipt;
use campanile_sdk::contract::SourceStamp;
use campanile_sdk::contract::Text;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::deliveries;
use serde_json::Value;
use serde_json::json;

use crate::GitLabStatusPush;

fn given() -> Given {
    Given::settings(json!({"token": "gitlab"}))
}

/// As after an answer.
fn knowing() -> Given {
    given().keeps("answer https://gitlab.com g/o/r", json!("77"))
}

fn build() -> GivenBuild {
    let mut stamp = a_build("Builder1").report().buildset.source_stamps.remove(0);
    stamp.repository = String::from("https://gitlab.com/g/o/r.git");
    a_build("Builder1").stamps(vec![stamp])
}

fn text(text: &Text) -> String {
    match &text[..] {
        [Part::Literal(text)] => text.clone(),
        other => panic!("no plain text: {other:?}"),
    }
}

/// What is sent: method, URL and body of each.
fn sent(effects: &[Effect]) -> Vec<(String, String, Value)> {
    let told = |delivery: &&Delivery| match &delivery.message {
        Message::Http(HttpRequest { method, url, body: HttpBody::Json(body), .. }) => {
            (method.clone(), text(url), serde_json::from_str(&text(body)).expect("JSON"))
        }
        Message::Http(HttpRequest { method, url, .. }) => (method.clone(), text(url), Value::Null),
        other => panic!("no request: {other:?}"),
    };
    deliveries(effects).iter().map(told).collect()
}

const STATUSES: &str = "https://gitlab.com/api/v4/projects/77/statuses/d34db33f";

#[test]
fn a_project_is_asked_for_and_then_told() {
    let effects = given().effects::<GitLabStatusPush>(&build().results(Results::Failure).finished());
    let [(method, url, _)] = &sent(&effects)[..] else { panic!("not one: {effects:#?}") };
    assert_eq!((method.as_str(), url.as_str()), ("GET", "https://gitlab.com/api/v4/projects/g%2Fo%2Fr"));
    let Some(Effect::Remember(kept)) = effects.last() else { panic!("nothing waits: {effects:#?}") };
    let waiting: Value = serde_json::from_str(kept.value.as_deref().expect("a value")).expect("JSON");
    let answer = String::from(r#"{"id":77,"name":"r"}"#);
    let receipt =
        Receipt { key: deliveries(&effects)[0].key.clone(), outcome: Outcome::Done, status: Some(200), answer };
    let event = Event { seq: 2, topic: "receipt".into(), at: 30, body: EventBody::Receipt(receipt) };
    let effects = given().keeps(&kept.key, waiting).effects::<GitLabStatusPush>(&event);
    let body = json!({"state": "failed", "ref": "main", "description": "Build done.",
        "target_url": "https://ci.example/#/builders/80/builds/1", "name": "buildbot/Builder1"});
    assert_eq!(sent(&effects), [("POST".to_owned(), STATUSES.to_owned(), body)]);
}

#[test]
fn each_stage_has_its_state() {
    let state = |event: &Event| sent(&knowing().effects::<GitLabStatusPush>(event))[0].2["state"].clone();
    let states = ["success", "success", "failed", "success", "failed", "pending", "canceled"];
    for (results, expected) in Results::ALL.into_iter().zip(states) {
        assert_eq!(state(&build().results(results).finished()), expected, "{results:?}");
    }
    assert_eq!(state(&build().started()), "running");
}

#[test]
fn merge_requests_say_where_they_come_from() {
    let build = build().property_json("source_project_id", json!(5)).property("source_branch", "topic");
    let told = sent(&given().effects::<GitLabStatusPush>(&build.clone().finished()));
    assert_eq!(told[0].1, "https://gitlab.com/api/v4/projects/5/statuses/d34db33f");
    assert_eq!(told[0].2["ref"], "topic");
    let effects = given().effects::<GitLabStatusPush>(&build.clone().finished());
    assert_eq!(deliveries(&effects)[0].lane.as_deref(), Some("g/o/r d34db33f buildbot/Builder1"), "as of its request");
    let null = build.property_json("source_project_id", json!(null)).finished();
    assert_eq!(sent(&knowing().effects::<GitLabStatusPush>(&null))[0].1, STATUSES);
}

#[test]
fn what_is_no_commit_at_gitlab_is_skipped_with_the_reason() {
    let check = |change: fn(&mut SourceStamp), reason: &str| {
        let mut stamp = build().report().buildset.source_stamps.remove(0);
        change(&mut stamp);
        let effects = knowing().effects::<GitLabStatusPush>(&build().stamps(vec![stamp]).finished());
        assert!(deliveries(&effects).is_empty() && format!("{effects:?}").contains(reason), "{effects:?}");
    };
    check(|stamp| stamp.revision = None, "has no revision");
    check(|stamp| stamp.repository = "/srv/r.git".to_owned(), "names no repository");
}

#[test]
fn settings_change_what_is_said() {
    let settings = json!({"token": "gitlab", "baseURL": "https://git.example/", "context": "ci/%(prop:branch)s"});
    let given = Given::settings(settings).keeps("answer https://git.example g/o/r", json!("77"));
    let told = sent(&given.effects::<GitLabStatusPush>(&build().finished()));
    assert_eq!(told[0].1, "https://git.example/api/v4/projects/77/statuses/d34db33f");
    assert_eq!(told[0].2["name"], "ci/main");
    let wrong = Given::settings(
        json!({"token": "gitlab", "context": "%(x)s", "generators": [{"kind": "BuildRequestGenerator", "mode": "all"}]}),
    );
    assert_eq!(wrong.problems::<GitLabStatusPush>().len(), 2);
}

#[test]
fn the_number_of_an_answer() {
    let id = |answer: &str| crate::id(answer);
    assert_eq!(id(r#"{"id":77,"name":"r","description":"cut of"#).as_deref(), Some("77"));
    assert_eq!(id(r#" { "id" : 77 }"#).as_deref(), Some("77"));
    for answer in ["", "{}", r#"{"id":null}"#, r#"{"message":"404 Project Not Found"}"#, r#"{"id":77"#] {
        assert_eq!(id(answer), None, "{answer}");
    }
}

#[test]
fn the_page_shows_the_table() {
    let page = include_str!("../../../docs/reporters/gitlab.md");
    assert!(page.contains(&crate::STATES.markdown()), "{}", crate::STATES.markdown());
}
