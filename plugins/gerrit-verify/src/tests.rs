//! The reporter from the outside: given settings and an event, expect verifications.

use campanile_sdk::contract::HttpBody;
use campanile_sdk::contract::Part;
use campanile_sdk::contract::Text;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::deliveries;
use serde_json::Value;
use serde_json::json;

use crate::GerritVerifyStatusPush;

/// Settings that work, with these on top.
fn given(more: Value) -> Given {
    let mut settings = json!({"baseURL": "https://g/", "auth": ["ci", "gerrit"]});
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    Given::settings(settings)
}

fn build() -> GivenBuild {
    a_build("Builder1")
        .property_json("event.change.number", json!(4321))
        .property_json("event.patchSet.number", json!(2))
}

fn text(text: &Text) -> String {
    match &text[..] {
        [Part::Literal(text)] => text.clone(),
        other => panic!("no plain text: {other:?}"),
    }
}

/// What is sent: the URL and the body of each.
fn sent(settings: Value, event: &Event) -> Vec<(String, Value)> {
    let effects = given(settings).effects::<GerritVerifyStatusPush>(event);
    let told = |delivery: &&Delivery| match &delivery.message {
        Message::Http(HttpRequest { url, body: HttpBody::Json(body), .. }) => {
            (text(url), serde_json::from_str(&text(body)).expect("JSON"))
        }
        other => panic!("no request: {other:?}"),
    };
    deliveries(&effects).iter().map(told).collect()
}

#[test]
fn a_change_is_verified() {
    let told = sent(json!({"category": "cat"}), &build().results(Results::Failure).finished());
    let body = json!({"name": "Builder1", "value": -1, "abstain": false, "comment": "Build done.",
        "url": "https://ci.example/#/builders/80/builds/1", "reporter": "buildbot", "category": "cat", "duration": "0m 9s"});
    let url = String::from("https://g/a/changes/4321/revisions/2/verify-status~verifications");
    assert_eq!(told, [(url, body)]);
}

#[test]
fn each_stage_has_its_vote() {
    for (results, vote) in Results::ALL.into_iter().zip([1, 1, -1, 0, 0, 0, 0]) {
        let told = sent(json!({}), &build().results(results).finished());
        assert_eq!((&told[0].1["value"], told[0].1.get("category")), (&json!(vote), None), "{results:?}");
    }
    let told = sent(json!({}), &build().started());
    assert_eq!((&told[0].1["value"], &told[0].1["duration"]), (&json!(0), &json!("pending")));
}

#[test]
fn a_build_may_be_of_several_changes() {
    let changes = json!([{"change_id": "p~main~I1", "revision_id": "current"}, {"change_id": 7, "revision_id": 1}]);
    let told = sent(json!({}), &build().property_json("gerrit_changes", changes).finished());
    let urls: Vec<&str> = told.iter().map(|(url, _)| url.as_str()).collect();
    let url = |change: &str| format!("https://g/a/changes/{change}/verify-status~verifications");
    assert_eq!(urls, [url("p~main~I1/revisions/current"), url("7/revisions/1")]);
}

#[test]
fn what_is_of_no_change_is_skipped_with_the_reason() {
    let check = |build: GivenBuild, reason: &str| {
        let effects = given(json!({})).effects::<GerritVerifyStatusPush>(&build.finished());
        assert!(deliveries(&effects).is_empty() && format!("{effects:?}").contains(reason), "{effects:?}");
    };
    check(a_build("Builder1"), "of no change of Gerrit's");
    check(build().property("gerrit_changes", "x"), "is no list");
    check(build().property_json("gerrit_changes", json!([{"change_id": "..", "revision_id": 1}])), "is no {change_id");
    check(build().property_json("gerrit_changes", json!([])), "gerrit_changes is empty");
}

#[test]
fn settings_change_what_is_said() {
    let settings = json!({"verificationName": "ci-%(prop:branch)s", "abstain": true, "reporter": "campanile"});
    let told = sent(settings, &build().finished());
    let said = ["name", "abstain", "reporter"].map(|key| told[0].1[key].clone());
    assert_eq!(said, [json!("ci-main"), json!(true), json!("campanile")]);
    let wrong = json!({"category": "%(x)s", "reporter": "%(secret:y)s", "generators": [{"kind": "WorkerMissingGenerator", "mode": "all"}]});
    assert_eq!(given(wrong).problems::<GerritVerifyStatusPush>().len(), 4);
}

#[test]
fn the_page_shows_the_table() {
    let page = include_str!("../../../docs/reporters/gerrit-verify.md");
    assert!(page.contains(&crate::VOTES.markdown()), "{}", crate::VOTES.markdown());
}
