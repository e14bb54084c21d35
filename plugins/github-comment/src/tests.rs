//! The reporter from the outside: given settings and an event, expect comments.

use campanile_sdk::contract::HttpBody;
use campanile_sdk::contract::Marker;
use campanile_sdk::contract::Part;
use campanile_sdk::contract::Resend;
use campanile_sdk::contract::SourceStamp;
use campanile_sdk::contract::Text;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::deliveries;
use serde_json::Value;
use serde_json::json;

use crate::GitHubCommentPush;

fn given(generators: &Value) -> Given {
    match generators {
        Value::Null => Given::settings(json!({"token": "github"})),
        generators => Given::settings(json!({"token": "github", "generators": generators})),
    }
}

fn stamp(codebase: &str, project: &str, branch: &str) -> SourceStamp {
    let mut stamp = a_build("Builder1").report().buildset.source_stamps.remove(0);
    (stamp.codebase, stamp.project, stamp.branch) = (codebase.to_owned(), project.to_owned(), Some(branch.to_owned()));
    stamp
}

fn build() -> GivenBuild {
    a_build("Builder1").stamps(vec![stamp("", "o/r", "refs/pull/7/head")]).property("branch", "refs/pull/7/head")
}

fn text(text: &Text) -> String {
    match &text[..] {
        [Part::Literal(text)] => text.clone(),
        other => panic!("no plain text: {other:?}"),
    }
}

/// Each comment: where it goes, what it says, what is asked, and for which marker.
fn comments(generators: &Value, event: &Event) -> Vec<(String, String, String, String)> {
    let effects = given(generators).effects::<GitHubCommentPush>(event);
    let told = deliveries(&effects).into_iter().map(|delivery| {
        let (Message::Http(request), Resend::Probe(probe)) = (&delivery.message, &delivery.resend) else {
            panic!("no request with a probe: {delivery:?}")
        };
        let (Message::Http(ask), HttpBody::Json(body)) = (&probe.ask, &request.body) else {
            panic!("no questions: {delivery:?}")
        };
        assert_eq!((ask.method.as_str(), &ask.headers), ("GET", &request.headers));
        let body: Value = serde_json::from_str(&text(body)).expect("JSON");
        let said = body["body"].as_str().expect("a text").to_owned();
        let Marker::Letters(marker) = &probe.marker else { panic!("no letters: {probe:?}") };
        (text(&request.url), said, text(&ask.url), marker.clone())
    });
    told.collect()
}

#[test]
fn a_comment_carries_the_marker_that_is_asked_for() {
    let event = build().finished();
    let told = comments(&Value::Null, &event);
    let [(url, said, asked, marker)] = &told[..] else { panic!("not one: {told:?}") };
    assert_eq!(url, "https://api.github.com/repos/o/r/issues/7/comments");
    assert_eq!(said, &format!("Build done.\n\n<!-- {marker} -->"));
    assert_eq!(asked, "https://api.github.com/repos/o/r/issues/7/comments?since=1970-01-01T00:00:00Z&per_page=100");
    assert!(marker.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{marker}");
    assert_eq!(comments(&Value::Null, &event), told, "the same call has the same answer");
    let other = comments(&Value::Null, &build().number(2).finished());
    assert_ne!(&other[0].3, marker);
}

#[test]
fn a_start_is_told_where_somebody_wants_it() {
    assert_eq!(comments(&Value::Null, &build().started()), []);
    let generators = json!([{"kind": "BuildStartEndStatusGenerator"}]);
    assert!(comments(&generators, &build().started())[0].1.starts_with("Build started."));
}

#[track_caller]
fn check(build: GivenBuild, told: &[&str]) {
    let comments = comments(&Value::Null, &build.finished());
    let urls: Vec<&str> =
        comments.iter().filter_map(|(url, ..)| url.strip_prefix("https://api.github.com/repos/")).collect();
    assert_eq!(urls, told);
}

#[test]
fn the_pull_request_is_the_branchs() {
    check(build().stamps(vec![stamp("", "o/r", "refs/pull/8/merge")]), &["o/r/issues/8/comments"]);
    check(build().stamps(vec![stamp("", "o/r", "main")]), &["o/r/issues/7/comments"]);
    let both = vec![stamp("app", "o/r", "refs/pull/8/merge"), stamp("lib", "o/lib", "main")];
    check(build().stamps(both), &["o/r/issues/8/comments"]);
    let twice = vec![stamp("app", "o/r", "refs/pull/8/merge"), stamp("lib", "o/r", "refs/pull/8/merge")];
    check(build().stamps(twice), &["o/r/issues/8/comments"]);
    check(a_build("Builder1").stamps(vec![stamp("", "o/r", "main")]), &[]);
}

#[test]
fn what_is_no_pull_request_is_skipped_with_the_reason() {
    let event = a_build("Builder1").stamps(vec![stamp("", "o/r", "main")]).finished();
    let effects = given(&Value::Null).effects::<GitHubCommentPush>(&event);
    assert!(format!("{effects:?}").contains("is no pull request's"), "{effects:?}");
}
