//! What is wrong with settings, and what a good configuration subscribes to.

use campanile_sdk::export::describe;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use serde_json::Value;
use serde_json::json;

use super::given;
use crate::MailNotifier;
use crate::settings::Settings;

#[track_caller]
fn check(settings: Value, problem: &str) {
    assert_eq!(given(settings).problems::<MailNotifier>(), [problem]);
}

#[test]
fn bad_addresses() {
    check(json!({"fromaddr": "ci"}), "/fromaddr: `ci` is no mail address");
    check(json!({"extraRecipients": ["a@b.org", "me"]}), "/extraRecipients/1: `me` is no mail address");
    check(json!({"extraRecipients": ["me@localhost"]}), "/extraRecipients/0: `me@localhost` is no mail address");
    check(json!({"lookup": "@example.org"}), "/lookup: `@example.org` is no domain");
    check(json!({"lookup": ""}), "/lookup: `` is no domain");
}

#[test]
fn bad_choices() {
    let modes = "change, failing, passing, problem, warnings, exception, cancelled";
    check(json!({"mode": ["red"]}), &format!("/mode/0: `red` is no mode; the modes are {modes}"));
    check(json!({"mode": "red"}), &format!("/mode: `red` is no mode; the modes are {modes}, or `all`"));
    check(json!({"mode": ["all"]}), "/mode/0: `all` stands by itself, not in a list");
    check(json!({"builders": ["linux"], "tags": ["fast"]}), "/tags: give either builders or tags, not both");
    check(json!({"useTls": true, "useSmtps": true}), "/useSmtps: give either useTls or useSmtps, not both");
    check(json!({"smtpUser": "ci"}), "/smtpUser: a login needs smtpPassword too");
    check(json!({"smtpPassword": "relay"}), "/smtpPassword: a login needs smtpUser too");
}

#[test]
fn bad_lines() {
    let known = "there are %(builder)s, %(result)s and %(title)s, and %% for a percent sign";
    check(json!({"subject": "%(projectName)s!"}), &format!("/subject: `%(projectName)s` is unknown; {known}"));
    check(json!({"subject": "100%"}), &format!("/subject: `%` is unknown; {known}"));
    check(json!({"subject": "a\nb"}), "/subject: a subject is one line, without control characters");
    let header = |name: &str, value: &str| json!({"extraHeaders": {name: value}});
    check(header("X-Ci", "a\r\nBcc: b@c.org"), "/extraHeaders/X-Ci: a header's value has no control characters");
    check(header("X/Y: z", "a"), "/extraHeaders/X~1Y: z: a header's name is visible ASCII characters without a colon");
    check(
        header("reply to", "a"),
        "/extraHeaders/reply to: a header's name is visible ASCII characters without a colon",
    );
    check(header("subject", "a"), "/extraHeaders/subject: the mail has this header already");
}

#[test]
fn settings_that_do_not_parse() {
    check(json!({"smtpPort": 70000}), "/smtpPort: invalid value: integer `70000`, expected u16");
    check(json!({"useTls": "yes"}), "/useTls: invalid type: string \"yes\", expected a boolean");
    let problems = given(json!({"addLogs": true})).problems::<MailNotifier>();
    assert!(problems[0].starts_with("/addLogs: unknown field `addLogs`, expected one of `fromaddr`"), "{problems:?}");
    assert_eq!(Given::settings(json!({})).problems::<MailNotifier>(), [": missing field `fromaddr`"]);
}

#[test]
fn all_problems_at_once() {
    let settings = json!({"fromaddr": "ci", "mode": ["red"], "subject": "%", "useTls": true, "useSmtps": true});
    let problems = given(settings).subscribe::<MailNotifier>().expect_err("four are wrong");
    let at: Vec<&str> = problems.iter().map(|problem| problem.at.as_str()).collect();
    assert_eq!(at, ["/mode/0", "/fromaddr", "/subject", "/useSmtps"]);
}

#[test]
fn handle_gives_up_on_settings_that_subscribe_refuses() {
    let event = campanile_sdk::testing::a_build("linux").finished();
    let failure = given(json!({"mode": ["red"]})).handle::<MailNotifier>(&event).expect_err("is refused");
    assert!(matches!(failure, Failure::GiveUp(reason) if reason.starts_with("the settings do not fit: /mode/0: ")));
}

#[test]
fn snake_spellings_are_the_same() {
    let settings = json!({"extra_recipients": ["a@b.org"], "smtp_port": 587, "use_tls": true, "fromaddr": "ci@b.org"});
    assert!(Given::settings(settings).subscribe::<MailNotifier>().is_ok());
}

#[test]
fn the_build_before_comes_along_only_if_a_mode_needs_it() {
    let wanted = |mode: &str| given(json!({"mode": mode})).subscribe::<MailNotifier>().expect("is fine");
    let always = Want::PROPERTIES | Want::STEPS | Want::LOGS | Want::USERS;
    assert_eq!(wanted("failing"), [Subscription::to("builds/*/finished", always)]);
    for mode in ["change", "problem", "all"] {
        assert_eq!(wanted(mode), [Subscription::to("builds/*/finished", always | Want::PREVIOUS)]);
    }
}

#[test]
fn the_schema_marks_what_the_host_grants() {
    let schema: Value = serde_json::from_str(&describe::<Settings>("mail", "1", "").settings_schema).expect("is JSON");
    let of = |name: &str| &schema["properties"][name];
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["required"], json!(["fromaddr"]));
    assert_eq!(of("relayhost")["x-campanile"], json!("smtp-relay"));
    assert_eq!(of("relayhost")["x-campanile-port"], json!("smtpPort"));
    assert_eq!((&of("relayhost")["default"], &of("smtpPort")["default"]), (&json!("localhost"), &json!(25)));
    assert_eq!(of("smtpPassword")["x-campanile"], json!("secret"));
    assert_eq!(of("messageFormatter")["x-campanile"], json!("message-formatter"));
    assert_eq!(of("mode")["default"], json!(["failing", "passing", "warnings"]));
    assert_eq!(of("sendToInterestedUsers")["default"], json!(true));
}
