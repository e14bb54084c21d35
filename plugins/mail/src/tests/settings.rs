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
    for address in ["ci@example.org.", "a..b@example.org", ".a@example.org", "ci@-example.org"] {
        check(json!({"fromaddr": address}), &format!("/fromaddr: `{address}` is no mail address"));
    }
    for domain in ["@example.org", "", "people", "localhost", "example.org."] {
        let message = format!("/lookup: `{domain}` is no domain: expected one with a dot, or `{{plugin = …}}`");
        check(json!({"lookup": domain}), &message);
    }
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
    let problems = given(json!({"addLog": true})).problems::<MailNotifier>();
    assert!(problems[0].starts_with("/addLog: unknown field `addLog`, expected one of `fromaddr`"), "{problems:?}");
    assert_eq!(Given::settings(json!({})).problems::<MailNotifier>(), [": missing field `fromaddr`"]);
}

#[test]
fn all_problems_at_once() {
    let settings = json!({"fromaddr": "ci", "mode": ["red"], "subject": "%", "useTls": true, "useSmtps": true});
    let problems = given(settings).subscribe::<MailNotifier>().expect_err("four are wrong");
    let at: Vec<&str> = problems.iter().map(|problem| problem.at.as_str()).collect();
    assert_eq!(at, ["/mode/0", "/subject", "/fromaddr", "/useSmtps"]);
}

#[test]
fn snake_spellings_are_the_same() {
    let settings = json!({"extra_recipients": ["a@b.org"], "smtp_port": 587, "use_tls": true, "fromaddr": "ci@b.org"});
    assert!(Given::settings(settings).subscribe::<MailNotifier>().is_ok());
}

/// `{topic}: {what is wanted}`, a line each.
#[track_caller]
fn check_wanted(settings: Value, wanted: &[&str]) {
    let subscriptions = given(settings).subscribe::<MailNotifier>().expect("is fine");
    let told = subscriptions.iter().map(|subscription| match subscription {
        Subscription::Topic(filter) => {
            format!("{}: {}", filter.pattern, format!("{:?}", filter.want).replace("Want", "").to_lowercase())
        }
        other => format!("{other:?}"),
    });
    assert_eq!(told.collect::<Vec<_>>(), wanted);
}

#[test]
fn what_is_wanted_along() {
    let workers = "workers/*/missing: (0x0)";
    let always = "builds/*/finished: (properties | steps | logs | users)";
    check_wanted(json!({"mode": "failing"}), &[always, workers]);
    for mode in ["change", "problem", "all"] {
        let previous = "builds/*/finished: (properties | steps | logs | previous | users)";
        check_wanted(json!({"mode": mode}), &[previous, workers]);
    }
    let bare = json!({"messageFormatter": {"template": "x"}, "sendToInterestedUsers": false});
    check_wanted(bare, &["builds/*/finished: (properties)", workers]);
    check_wanted(
        json!({"messageFormatter": "short", "addLogs": ["stdio"]}),
        &["builds/*/finished: (properties | steps | logs | users)", workers],
    );
    check_wanted(
        json!({"buildSetSummary": true, "mode": "problem"}),
        &["buildsets/*/complete: (properties | steps | logs | previous | users)", workers],
    );
}

#[test]
fn each_generator_wants_its_topics_once() {
    let generators = json!([
        {"kind": "BuildStatusGenerator", "report_new": true, "message_formatter": "short"},
        {"kind": "BuildStartEndStatusGenerator", "add_logs": true},
        {"kind": "BuildRequestGenerator"},
        {"kind": "BuildSetCombinedStatusGenerator", "message_formatter": {"template": "x"}},
        {"kind": "BuildSetStatusGenerator", "mode": "change", "message_formatter": {"kind": "MessageFormatterEmpty"}},
    ]);
    check_wanted(
        json!({"generators": generators, "sendToInterestedUsers": false}),
        &[
            "builds/*/finished: (properties | steps | logs)",
            "builds/*/new: (properties | steps | logs)",
            "buildrequests/*/new: (properties)",
            "buildrequests/*/cancel: (properties)",
            "buildsets/*/complete: (properties | previous)",
        ],
    );
}

#[test]
fn problems_of_generators() {
    let generators = json!([
        {"kind": "BuildStatusGenerator", "mode": ["failing", "all", "red"], "builders": ["a"], "tags": ["b"],
            "subject": "a\nb", "message_formatter": {"template": "{{ a", "wantStepz": true}},
        {"kind": "BuildSetCombinedStatusGenerator", "builders": ["a"], "message_formatter": {}},
        {"kind": "WorkerMissingGenerator", "workers": "some", "subject": "x"},
        {"kind": "BuildStartEndStatusGenerator", "mode": "all",
            "start_formatter": {"kind": "MessageFormatterRenderable", "template": "%(prop)s"}},
    ]);
    let problems = given(json!({"generators": generators, "mode": "all", "addLogs": true})).problems::<MailNotifier>();
    let modes = "change, failing, passing, problem, warnings, exception, cancelled";
    let fields = "a formatter has no such argument; there are template, subject, template_type, ctx, want_properties, \
        want_steps, want_logs, want_logs_content";
    let expected = [
        "/mode: this stands in each of the `generators` where there are some".to_owned(),
        "/addLogs: this stands in each of the `generators` where there are some".to_owned(),
        "/generators/0/mode/1: `all` stands by itself, not in a list".to_owned(),
        format!("/generators/0/mode/2: `red` is no mode; the modes are {modes}"),
        "/generators/0/tags: give either builders or tags, not both".to_owned(),
        "/generators/0/subject: a subject is one line, without control characters".to_owned(),
        format!("/generators/0/message_formatter/wantStepz: {fields}"),
        "/generators/1/builders: BuildSetCombinedStatusGenerator has no such argument".to_owned(),
        "/generators/1/message_formatter: BuildSetCombinedStatusGenerator needs a template, or the name of a plugin"
            .to_owned(),
        "/generators/2/subject: WorkerMissingGenerator has no such argument".to_owned(),
        "/generators/2/workers: expected a list of names of workers, or `all`".to_owned(),
        "/generators/3/mode: BuildStartEndStatusGenerator has no such argument".to_owned(),
        "/generators/3/start_formatter/template: `%(prop)s`: expected a selector and a name, such as `prop:branch`"
            .to_owned(),
    ];
    assert_eq!(problems, expected);
}

#[test]
fn problems_of_the_older_form() {
    check(
        json!({"messageFormatter": {"template": "a\n{% if %}"}}),
        "/messageFormatter/template: line 2: unexpected end of block",
    );
    check(json!({"watchedWorkers": "some"}), "/watchedWorkers: expected a list of names of workers, or `all`");
    check(json!({"buildSetSummary": true, "mode": ["all"]}), "/mode/0: `all` stands by itself, not in a list");
    check(
        json!({"extraHeaders": {"X-%(prop)s": "a"}}),
        "/extraHeaders/X-%(prop)s: `%(prop)s`: expected a selector and a name, such as `prop:branch`",
    );
    check(json!({"extraHeaders": {"X-A": "%(prop:a"}}), "/extraHeaders/X-A: `%(prop:a` is not closed");
    check(
        json!({"extraHeaders": {"X-%(secret:a)s": "b"}}),
        "/extraHeaders/X-%(secret:a)s: a header's name is no place for a secret",
    );
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
    assert_eq!(of("previousBuildGetter")["x-campanile"], json!("previous-build"));
    assert!(of("mode")["default"].is_null(), "a default would look as if the operator had written it");
    assert_eq!(of("extraHeaders")["additionalProperties"]["x-campanile"], json!("text"));
    let generator = &schema["$defs"]["Generator"];
    assert_eq!(generator["properties"]["message_formatter"]["x-campanile"], json!("message-formatter"));
    assert_eq!(generator["additionalProperties"], json!(false));
    assert_eq!(of("sendToInterestedUsers")["default"], json!(true));
}
