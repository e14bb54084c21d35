//! Whether there is a mail, and the way it takes.

use campanile_sdk::contract::Credentials;
use campanile_sdk::contract::Event;
use campanile_sdk::contract::Field;
use campanile_sdk::contract::Resend;
use campanile_sdk::contract::SmtpRelay;
use campanile_sdk::contract::SmtpSecurity;
use campanile_sdk::literal;
use campanile_sdk::prelude::*;
use campanile_sdk::secret;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::only_delivery;
use campanile_sdk::testing::only_mail;
use serde_json::Value;
use serde_json::json;

use super::given;
use crate::MailNotifier;

/// The results that are told, in Buildbot's order.
#[track_caller]
fn check(mode: Value, previous: Results, told: &str) {
    let given = given(json!({"mode": mode}));
    let is_told = |results: &Results| {
        let event = a_build("linux").results(*results).previous(previous).finished();
        !given.effects::<MailNotifier>(&event).is_empty()
    };
    let names: Vec<&str> = Results::ALL.into_iter().filter(is_told).map(Results::name).collect();
    assert_eq!(names.join(" "), told, "{mode} after {previous:?}");
}

#[test]
fn the_mode_decides() {
    check(json!(null), Results::Success, "success warnings failure");
    check(json!("warnings"), Results::Success, "warnings failure");
    check(json!(["warnings"]), Results::Success, "warnings");
    check(json!("problem"), Results::Success, "failure");
    check(json!("problem"), Results::Failure, "");
    check(json!(["change"]), Results::Failure, "success warnings skipped exception retry cancelled");
    check(
        json!(["failing", "passing", "warnings", "exception", "cancelled"]),
        Results::Success,
        "success warnings failure exception cancelled",
    );
    check(json!("all"), Results::Success, "success warnings failure skipped exception retry cancelled");
    check(json!("all"), Results::Cancelled, "success warnings failure skipped exception retry");
    check(json!([]), Results::Failure, "");
}

#[test]
fn the_filters_decide() {
    let told = |settings| !given(settings).effects::<MailNotifier>(&a_build("linux").tag("fast").finished()).is_empty();
    assert!(told(json!({"builders": ["linux"], "branches": ["main"], "schedulers": ["commits"]})));
    assert!(told(json!({"tags": ["fast", "slow"]})));
    assert!(!told(json!({"tags": ["slow"]})));
    assert!(!told(json!({"builders": ["mac"]})));
    assert!(!told(json!({"branches": ["next"]})));
    assert!(!told(json!({"schedulers": ["nightly"]})));
}

#[test]
fn other_events_are_nothing_to_mail() {
    let event = Event { seq: 1, topic: "wake/x".into(), at: 0, body: EventBody::Wake("x".into()) };
    given(json!({})).expect::<MailNotifier>(&event, &[]);
}

#[test]
fn one_delivery_that_goes_out_again_if_in_doubt() {
    let delivery = only_delivery(given(json!({})).effects::<MailNotifier>(&a_build("linux").finished()));
    assert_eq!(delivery.key, "build");
    assert_eq!((delivery.lane, delivery.replace, delivery.resend), (None, None, Resend::Blind));
    assert_eq!((delivery.ttl_seconds, delivery.receipt), (None, false));
}

#[test]
fn the_same_call_has_the_same_answer() {
    let event = a_build("linux").step("compile", Results::Success).log("stdio").user("ann@example.net").finished();
    let headers = json!({"extraHeaders": {"X-B": "2", "X-A": "1"}});
    let first = given(headers.clone()).effects::<MailNotifier>(&event);
    given(headers).expect::<MailNotifier>(&event, &first);
}

#[track_caller]
fn check_relay(settings: Value, relay: SmtpRelay) {
    assert_eq!(only_mail(given(settings).effects::<MailNotifier>(&a_build("linux").finished())).relay, relay);
}

#[test]
fn the_relay() {
    let plain = SmtpRelay { host: "localhost".into(), port: 25, security: SmtpSecurity::Plain, login: None };
    check_relay(json!({}), plain.clone());
    let settings = json!({"useTls": true, "relayhost": "smtp.example.org", "smtpPort": 587, "smtpUser": "ci", "smtpPassword": "relay-password"});
    let login = Some(Credentials { user: literal("ci"), password: secret("relay-password") });
    check_relay(
        settings,
        SmtpRelay { host: "smtp.example.org".into(), port: 587, security: SmtpSecurity::Starttls, login },
    );
    check_relay(
        json!({"useSmtps": true, "smtpPort": 465}),
        SmtpRelay { port: 465, security: SmtpSecurity::Smtps, ..plain },
    );
}

#[test]
fn sender_and_headers() {
    let settings =
        json!({"fromaddr": "CI <ci@localhost>", "extraHeaders": {"X-Ci": "Acme", "List-Id": "<builds.example.org>"}});
    let mail = only_mail(given(settings).effects::<MailNotifier>(&a_build("linux").finished()));
    assert_eq!(mail.sender, "CI <ci@localhost>");
    let field = |name: &str, value: &str| Field { name: name.into(), value: literal(value) };
    assert_eq!(mail.headers, [field("List-Id", "<builds.example.org>"), field("X-Ci", "Acme")]);
    assert!(mail.attachments.is_empty());
}
