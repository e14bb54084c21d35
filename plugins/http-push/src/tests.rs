//! The reporter from the outside: given settings and an event, expect a request.

use campanile_sdk::contract::BodyKind;
use campanile_sdk::contract::HttpBody;
use campanile_sdk::contract::HttpLogin;
use campanile_sdk::contract::Part;
use campanile_sdk::contract::Resend;
use campanile_sdk::contract::TlsVerify;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_new_request;
use campanile_sdk::testing::only_delivery;
use campanile_sdk::testing::requests;
use campanile_sdk::testing::skipped;
use serde_json::Value;
use serde_json::json;

use crate::HttpStatusPush;

const URL: &str = "https://ci.example/hook?x=1";

/// Settings that work, with these on top, and a host that tells of a build.
fn given(more: Value) -> Given {
    let mut settings = json!({"serverUrl": URL});
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    Given::settings(settings).object(json!({"buildid": 21, "number": 1, "url": "u"}))
}

fn formatter(kind: BodyKind, body: &str) -> Result<Option<Formatted>, Failure> {
    Ok(Some(Formatted { body: body.to_owned(), kind, subject: None, extra: None }))
}

fn posted(given: &Given, event: &Event) -> Vec<Value> {
    let effects = given.effects::<HttpStatusPush>(event);
    let body = |request: &&HttpRequest| match &request.body {
        HttpBody::Json(parts) => match &parts[..] {
            [Part::Literal(text)] => serde_json::from_str(text).expect("JSON"),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    requests(&effects).iter().map(body).collect()
}

#[test]
fn builds_that_start_and_builds_that_end_are_posted_however_they_end() {
    let given = given(json!({}));
    let expected = [json!({"buildid": 21, "number": 1, "url": "u"})];
    assert_eq!(posted(&given, &a_build("linux").started()), expected);
    for results in [Results::Success, Results::Skipped, Results::Exception, Results::Retry, Results::Cancelled] {
        assert_eq!(posted(&given, &a_build("linux").results(results).finished()), expected, "{results:?}");
    }
    assert_eq!(posted(&given, &a_new_request("linux")), [] as [Value; 0]);
}

#[test]
fn the_one_before_is_there_when_it_is_wanted() {
    let check = |settings, asked: &str| {
        let given = given(settings);
        assert_eq!(posted(&given, &a_build("linux").finished()).len(), 1);
        assert_eq!(given.asked(), [asked]);
    };
    check(json!({}), "object of build 21 after no build: , None");
    check(json!({"wantPreviousBuild": true}), "object of build 21: , None");
}

#[test]
fn other_builders_are_not_told() {
    let given = given(json!({"builders": ["mac"]}));
    assert_eq!(posted(&given, &a_build("linux").finished()).len(), 0);
    assert_eq!(posted(&given, &a_build("mac").finished()).len(), 1);
}

#[test]
fn what_a_formatter_makes_is_posted() {
    let given = given(json!({"format_fn": "mine", "wantSteps": true})).formatted(formatter(BodyKind::Json, "[1]"));
    assert_eq!(posted(&given, &a_build("linux").finished()), [json!([1])]);
    let asked = given.asked();
    assert!(
        asked.iter().any(|asked| asked.contains("want_steps\":true") && asked.contains("want_logs\":false")),
        "{asked:?}"
    );
}

#[test]
fn what_is_no_json_is_not_sent_and_the_reason_is_told() {
    let event = a_build("linux").finished();
    let check = |formatted, expected: &str| {
        let given = given(json!({"format_fn": "mine"})).formatted(formatted);
        let effects = given.effects::<HttpStatusPush>(&event);
        assert_eq!(skipped(&effects), [expected]);
        assert_eq!(effects.len(), 1);
    };
    check(formatter(BodyKind::Plain, "It failed."), "the formatter answers no JSON, but \"It failed.\"");
    check(formatter(BodyKind::Plain, "0"), "the formatter answers no JSON, but \"0\"");
    check(formatter(BodyKind::Json, ""), "the formatter makes an empty text of it");
    check(Ok(None), "the formatter failed: it has nothing to say");
    check(Err(Failure::GiveUp("division by zero".into())), "the formatter failed: division by zero");
    let long = format!("\"{}\"", "x".repeat(1_000_000));
    check(formatter(BodyKind::Json, &long), "it has 1000002 bytes, and at most 1000000 are posted");
    let later = given(json!({"format_fn": "mine"})).formatted(Err(Failure::Retry("later".into())));
    assert_eq!(later.handle::<HttpStatusPush>(&event), Err(Failure::Retry("later".into())));
}

#[test]
fn a_push_is_in_the_lane_of_its_request_and_may_arrive_twice() {
    let delivery = only_delivery(given(json!({})).effects::<HttpStatusPush>(&a_build("linux").finished()));
    assert!(delivery.lane.is_some_and(|lane| lane.starts_with("test request ")));
    assert_eq!((delivery.resend, delivery.replace, delivery.receipt), (Resend::Upsert, None, false));
}

#[test]
fn what_the_settings_say_of_requests() {
    let settings = json!({
        "user": "ci", "password": "ci-password", "verify": false, "cert": "client", "secret": "hook",
        "headers": {"X-Builder": "%(prop:buildername)s", "X-Key": "%(secret:key)s"},
    });
    let effects = given(settings).effects::<HttpStatusPush>(&a_build("linux").finished());
    let request = requests(&effects)[0];
    assert_eq!((request.method.as_str(), &request.url), ("POST", &literal(URL)));
    assert!(matches!(&request.login, Some(HttpLogin::Basic(login)) if login.password == secret("ci-password")));
    assert_eq!(request.verify, TlsVerify::Nothing);
    assert_eq!((request.identity.as_deref(), &request.signed_by[..]), (Some("client"), &["hook".to_owned()][..]));
    assert_eq!(request.headers[1].value, secret("key"));
    let token = given(json!({"auth": {"token": "t"}})).effects::<HttpStatusPush>(&a_build("linux").finished());
    assert_eq!(requests(&token)[0].headers[0].value, [literal("Bearer "), secret("t")].concat());
    let pair = given(json!({"auth": ["ci", "t"], "verify": "/etc/ca.pem"}));
    let pair = pair.effects::<HttpStatusPush>(&a_build("linux").finished());
    assert!(requests(&pair)[0].login.is_some());
    assert_eq!(requests(&pair)[0].verify, TlsVerify::Authorities("/etc/ca.pem".to_owned()));
}

#[test]
fn generators_say_what_is_posted() {
    let generator = json!({"kind": "BuildStatusGenerator", "mode": ["failing"], "report_new": true});
    let given = given(json!({"generators": [generator, {"kind": "BuildRequestGenerator"}]}));
    assert_eq!(posted(&given, &a_build("linux").started()).len(), 1);
    assert_eq!(posted(&given, &a_build("linux").results(Results::Failure).finished()).len(), 1);
    assert_eq!(posted(&given, &a_build("linux").results(Results::Success).finished()).len(), 0);
    assert_eq!(posted(&given, &a_new_request("linux")).len(), 1);
}

#[test]
fn all_that_is_wrong_is_told() {
    let settings = json!({
        "user": "ci", "builders": ["linux"], "format_fn": "mine", "headers": {"X": "%(prop:"},
        "generators": [{"kind": "BuildSetStatusGenerator"}, {"kind": "BuildStatusGenerator", "mode": ["often"]}],
    });
    let problems = given(settings).problems::<HttpStatusPush>();
    let at: Vec<&str> = problems.iter().filter_map(|problem| problem.split(": ").next()).collect();
    assert_eq!(
        at,
        ["/format_fn", "/builders", "/generators/1/mode/0", "/generators/0/message_formatter", "", "/headers/X"]
    );
}

#[test]
fn a_format_fn_that_names_no_plugin_is_a_problem() {
    let check = |format_fn: Value, expected: &[&str]| {
        let problems = given(json!({"format_fn": format_fn})).problems::<HttpStatusPush>();
        assert_eq!(problems, expected, "{format_fn}");
    };
    check(json!("mine"), &[]);
    check(json!({"plugin": "mine", "want_steps": true}), &[]);
    let nameless = "/format_fn: expected the name of a message-formatter plugin, or a table with `plugin`";
    check(json!({"template": "x"}), &[nameless]);
}
