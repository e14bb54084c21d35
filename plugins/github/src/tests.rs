//! The reporter from the outside: given settings and an event, expect requests.

use campanile_sdk::contract::HttpBody;
use campanile_sdk::contract::Resend;
use campanile_sdk::contract::SourceStamp;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_new_request;
use campanile_sdk::testing::a_request_that_ended;
use campanile_sdk::testing::deliveries;
use serde_json::Value;
use serde_json::json;

use crate::GitHubStatusPush;

/// Settings that work, with these on top.
fn given(more: Value) -> Given {
    let mut settings = json!({"token": "github"});
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    Given::settings(settings)
}

fn stamp(codebase: &str, project: &str, revision: Option<&str>) -> SourceStamp {
    let mut stamp = a_build("Builder1").report().buildset.source_stamps.remove(0);
    (stamp.codebase, stamp.project) = (codebase.to_owned(), project.to_owned());
    stamp.repository = String::from("https://github.com/by/url.git");
    stamp.revision = revision.map(str::to_owned);
    stamp
}

fn build() -> GivenBuild {
    a_build("Builder1").stamps(vec![stamp("", "o/r", Some("d34db33f"))])
}

/// What is sent: the URL and the body of each.
fn sent(given: &Given, event: &Event) -> Vec<(String, Value)> {
    let effects = given.effects::<GitHubStatusPush>(event);
    let request = |delivery: &&Delivery| match &delivery.message {
        Message::Http(request) => request.clone(),
        other => panic!("no request: {other:?}"),
    };
    let text = |text: &campanile_sdk::contract::Text| match &text[..] {
        [campanile_sdk::contract::Part::Literal(text)] => text.clone(),
        other => panic!("no plain text: {other:?}"),
    };
    let told = |request: HttpRequest| match &request.body {
        HttpBody::Json(body) => (text(&request.url), serde_json::from_str(&text(body)).expect("JSON")),
        other => panic!("no JSON: {other:?}"),
    };
    deliveries(&effects).iter().map(request).map(told).collect()
}

const STATUSES: &str = "https://api.github.com/repos/o/r/statuses/d34db33f";

#[test]
fn each_stage_has_its_state() {
    let url = "https://ci.example/#/builders/80/builds/1";
    let body = |state: &str, description: &str, url: &str| json!({"state": state, "description": description, "target_url": url, "context": "buildbot/Builder1"});
    let states = ["success", "success", "failure", "success", "error", "pending", "error"];
    for (results, state) in Results::ALL.into_iter().zip(states) {
        let told = sent(&given(json!({})), &build().results(results).finished());
        assert_eq!(told, [(STATUSES.to_owned(), body(state, "Build done.", url))], "{results:?}");
    }
    let told = sent(&given(json!({})), &build().started());
    assert_eq!(told, [(STATUSES.to_owned(), body("pending", "Build started.", url))]);
    let of_request = |mut event: Event| {
        if let EventBody::Request(report) = &mut event.body {
            report.buildset.source_stamps = vec![stamp("", "o/r", Some("d34db33f"))];
        }
        sent(&given(json!({})), &event)
    };
    let url = "https://ci.example/#/buildrequests/12";
    let told = of_request(a_new_request("Builder1"));
    assert_eq!(told, [(STATUSES.to_owned(), body("pending", "Build pending.", url))]);
    let told = of_request(a_request_that_ended("Builder1", Results::Cancelled));
    assert_eq!(told, [(STATUSES.to_owned(), body("error", "Build cancelled.", url))]);
}

#[test]
fn the_last_state_is_the_one_that_stays() {
    let effects = given(json!({})).effects::<GitHubStatusPush>(&build().finished());
    let delivery = deliveries(&effects)[0];
    assert_eq!(delivery.lane.as_deref(), Some("o/r d34db33f buildbot/Builder1"));
    assert_eq!((delivery.replace.as_deref(), &delivery.resend), (Some("state"), &Resend::Upsert));
    let Message::Http(request) = &delivery.message else { panic!("no request: {delivery:?}") };
    assert_eq!(request.headers[0].value, [literal("token "), secret("github")].concat());
}

#[test]
fn each_source_stamp_is_a_commit() {
    let lib = stamp("lib", "belfry", Some("abc123"));
    let head = stamp("docs", "o/docs", None);
    let event = a_build("Builder1").stamps(vec![stamp("app", "o/r", Some("d34db33f")), lib, head]).finished();
    let urls: Vec<String> = sent(&given(json!({})), &event).into_iter().map(|(url, _)| url).collect();
    assert_eq!(urls, [STATUSES, "https://api.github.com/repos/by/url/statuses/abc123"]);
    check_skipped(json!({}), &event, "the codebase \"docs\" has no revision");
}

#[track_caller]
fn check_skipped(settings: Value, event: &Event, reason: &str) {
    let effects = given(settings).effects::<GitHubStatusPush>(event);
    let told = format!("{:?}", effects.last().expect("it says something")).replace('\\', "");
    assert!(!told.starts_with("Effect::Deliver") && told.contains(reason), "{told}");
}

#[test]
fn what_is_no_commit_at_github_is_skipped_with_the_reason() {
    let of = |project: &str, repository: &str, revision: Option<&str>| {
        let stamp = SourceStamp { repository: repository.to_owned(), ..stamp("", project, revision) };
        a_build("Builder1").stamps(vec![stamp]).finished()
    };
    check_skipped(json!({}), &of("o/r", "", None), "the source stamp has no revision");
    check_skipped(json!({}), &of("belfry", "/srv/belfry.git", Some("abc")), "names no repository at a forge");
    check_skipped(json!({}), &of("", "https://gitlab.com/a/b/c", Some("abc")), "expected owner/name");
}

/// The seeds' reporter.
fn older() -> Value {
    json!({"repoOwner": "%(prop:github_repo_owner)s", "repoName": "%(prop:github_repo_name)s", "sha": "%(src::revision)s",
        "startDescription": "Build started.", "endDescription": "Build done: %(prop:branch)s."})
}

#[test]
fn the_older_form_names_the_commit_by_itself() {
    let build = || build().property("github_repo_owner", "buildbot").property("github_repo_name", "bbtools");
    let told = sent(&given(older()), &build().finished());
    assert_eq!(told[0].0, "https://api.github.com/repos/buildbot/bbtools/statuses/d34db33f");
    assert_eq!(told[0].1["description"], "Build done: main.");
    let mut settings = older();
    settings.as_object_mut().expect("an object").remove("sha");
    assert_eq!(sent(&given(settings), &build().finished())[0].0, told[0].0);
}

#[test]
fn the_older_form_sends_nothing_where_one_is_empty() {
    let named = || build().property("github_repo_owner", "buildbot");
    check_skipped(older(), &build().finished(), "the setting repoOwner comes out empty");
    check_skipped(older(), &named().finished(), "the setting repoName comes out empty");
    let head = || named().property("github_repo_name", "bbtools").stamps(vec![stamp("", "o/r", None)]);
    check_skipped(older(), &head().finished(), "the setting sha comes out empty");
    let odd = named().property("github_repo_name", "..");
    check_skipped(older(), &odd.finished(), "is no repository at GitHub");
}

#[test]
fn settings_change_what_is_said() {
    let settings = json!({"baseURL": "https://ghe.example/api/v3/", "context": "ci/%(prop:branch)s", "sha": "%(prop:got_revision)s"});
    let told = sent(&given(settings), &build().property("got_revision", "abc123").finished());
    assert_eq!(told[0].0, "https://ghe.example/api/v3/repos/o/r/statuses/abc123");
    assert_eq!(told[0].1["context"], "ci/main");
    let given = given(json!({"context": "", "verbose": true, "endDescription": "ä".repeat(141)}));
    let told = sent(&given, &build().finished());
    assert_eq!(told[0].1.get("context"), None);
    assert_eq!(told[0].1["description"], format!("{}…", "ä".repeat(139)));
    assert!(given.logged()[0].starts_with("info: what is sent: where=o/r d34db33f : body={"), "{:?}", given.logged());
}

#[test]
fn generators_choose_what_is_told() {
    let generator = json!({"kind": "BuildStatusGenerator", "mode": ["failing"], "message_formatter": {"kind": "MessageFormatterEmpty"}});
    let given = given(json!({"generators": [generator]}));
    assert_eq!(sent(&given, &build().finished()), []);
    let told = sent(&given, &build().results(Results::Failure).finished());
    assert_eq!((told.len(), told[0].1.get("description")), (1, None));
}

#[track_caller]
fn check_wrong(settings: Value, expected: &[&str]) {
    assert_eq!(given(settings).problems::<GitHubStatusPush>(), expected);
}

#[test]
fn what_is_wrong_is_told_at_once() {
    check_wrong(json!({}), &[]);
    check_wrong(
        json!({"repoOwner": "o", "sha": "%(secret:x)s", "context": "%(x)s"}),
        &[
            "/context: `%(x)s`: expected a selector and a name, such as `prop:branch`",
            "/sha: no secret may stand here",
            "/repoOwner: give repoName too, or neither",
        ],
    );
    check_wrong(
        json!({"generators": [{"kind": "BuildRequestGenerator", "mode": "all"}], "endDescription": "over"}),
        &[
            "/generators/0/mode: BuildRequestGenerator has no such argument",
            "/endDescription: the formatters of the `generators` say this where there are some",
        ],
    );
}

#[test]
fn the_page_shows_the_table() {
    let page = include_str!("../../../docs/reporters/github.md");
    assert!(page.contains(&crate::STATES.markdown()), "{}", crate::STATES.markdown());
}
