//! What a mail says.

use campanile_sdk::contract::Mail;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::only_mail;
use serde_json::Value;
use serde_json::json;

use super::given;
use crate::MailNotifier;

const EVERYTHING: &str = "\
A new failure has been detected on builder linux while building proj.

Full details are available at:
    https://ci.example/#/builders/80/builds/7

Build state: failed compile
Revision: d34db33f
Worker: worker-1
Build Reason: because
Blamelist: Ann <ann@example.net>, bob@example.net

Steps:

- 0: checkout ( success )

- 1: compile ( failure )
    Logs:
        - stdio: https://ci.example/#/builders/80/builds/7/steps/1/logs/stdio
        - errors: https://ci.example/#/builders/80/builds/7/steps/1/logs/errors

- 2: clean-up ( )


";

const LITTLE: &str = "\
A passing build has been detected on builder linux while building Acme CI.

Full details are available at:
    https://ci.example/#/builders/80/builds/1

Build state: build successful
Revision: (unknown)
Worker: <unknown>
Build Reason: (unknown)
Blamelist: 

Steps:

- (no steps)


";

#[test]
fn the_default_body() {
    let event = a_build("linux")
        .number(7)
        .results(Results::Failure)
        .previous(Results::Success)
        .state("failed compile")
        .property("got_revision", "d34db33f")
        .user("bob@example.net")
        .user("Ann <ann@example.net>")
        .step("checkout", Results::Success)
        .step("compile", Results::Failure)
        .log("stdio")
        .log("errors")
        .running_step("clean-up")
        .finished();
    let mail = only_mail(given(json!({"mode": ["failing", "problem"]})).effects::<MailNotifier>(&event));
    assert_eq!((mail.body.as_str(), mail.kind), (EVERYTHING, BodyKind::Plain));
    assert_eq!(mail.subject, "☠ Buildbot (Acme CI): linux - failed compile (main)");
}

#[test]
fn the_default_body_of_a_build_that_says_little() {
    let build = a_build("linux").stamps(Vec::new()).without_property("reason").without_property("workername");
    assert_eq!(only_mail(given(json!({})).effects::<MailNotifier>(&build.finished())).body, LITTLE);
}

#[track_caller]
fn check_subject(settings: Value, state: &str, subject: &str) {
    let event = a_build("linux").results(Results::Warnings).state(state).finished();
    assert_eq!(only_mail(given(settings).effects::<MailNotifier>(&event)).subject, subject);
}

#[test]
fn subjects() {
    check_subject(json!({}), "2 warnings", "☝ Buildbot (Acme CI): linux - 2 warnings (main)");
    check_subject(json!({}), "2\nwarnings\n", "☝ Buildbot (Acme CI): linux - 2 warnings (main)");
    check_subject(json!({"subject": "%(title)s: %(builder)s had %(result)s"}), "", "Acme CI: linux had warnings");
    check_subject(json!({"subject": "100%% %(builder)s%%(result)s"}), "", "100% linux%(result)s");
    check_subject(json!({"subject": "Builds"}), "", "Builds");
}

fn formatted(body: &str, subject: Option<&str>) -> Formatted {
    Formatted { body: body.into(), kind: BodyKind::Html, subject: subject.map(String::from), extra: None }
}

#[track_caller]
fn written(settings: Value, formatted: Formatted) -> Mail {
    let event = a_build("linux").results(Results::Failure).finished();
    only_mail(given(settings).formatted(Ok(Some(formatted))).effects::<MailNotifier>(&event))
}

#[test]
fn a_formatter_writes_the_message() {
    let mail = written(json!({"messageFormatter": "fancy"}), formatted("<p>Oh</p>", Some("Oh\nno")));
    assert_eq!((mail.subject.as_str(), mail.body.as_str(), mail.kind), ("Oh no", "<p>Oh</p>\n\n", BodyKind::Html));
    assert_eq!(written(json!({"messageFormatter": "fancy"}), formatted("ends\n\n", None)).body, "ends\n\n");
}

#[test]
fn a_formatter_without_a_subject() {
    let subject = |settings| written(settings, formatted("text", None)).subject;
    assert_eq!(subject(json!({"messageFormatter": "fancy"})), "Buildbot failure in Acme CI on linux");
    assert_eq!(subject(json!({"messageFormatter": "fancy", "subject": "%(result)s!"})), "failure!");
    let both = written(json!({"messageFormatter": "fancy", "subject": "%(result)s!"}), formatted("text", Some("mine")));
    assert_eq!(both.subject, "mine");
}

#[test]
fn a_formatter_is_asked_by_its_setting() {
    let settings = json!({"messageFormatter": {"plugin": "short", "width": 70}, "mode": ["warnings", "failing"]});
    let given = given(settings).formatted(Ok(None));
    let event = a_build("linux").results(Results::Failure).finished();
    assert!(given.effects::<MailNotifier>(&event).is_empty(), "nothing to send is no mail");
    assert_eq!(given.asked(), [r#"format {"plugin":"short","width":70} about build 21 with failing, warnings"#]);
}

#[test]
fn a_formatter_that_fails() {
    let event = a_build("linux").results(Results::Failure).finished();
    let given = || given(json!({"messageFormatter": "fancy"}));
    let busy = Failure::Retry("busy".into());
    assert_eq!(given().formatted(Err(busy.clone())).handle::<MailNotifier>(&event), Err(busy));
    let json = Formatted { body: "{}".into(), kind: BodyKind::Json, subject: None, extra: None };
    let failure = given().formatted(Ok(Some(json))).handle::<MailNotifier>(&event).expect_err("JSON is no mail");
    assert!(matches!(failure, Failure::GiveUp(_)));
}
