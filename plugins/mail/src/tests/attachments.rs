//! What comes with a mail, and its extra headers.

use campanile_sdk::contract::Content;
use campanile_sdk::contract::Event;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_complete_buildset;
use campanile_sdk::testing::only_mail;
use serde_json::Value;
use serde_json::json;

use super::given;
use crate::MailNotifier;

fn event() -> Event {
    let build = a_build("linux").patch("ann").step("compile", Results::Success).log("stdio").log("errors");
    build.step("test", Results::Failure).log("stdio").results(Results::Failure).finished()
}

/// `{file name} = {content}`, joined by commas.
#[track_caller]
fn check(settings: Value, event: &Event, attached: &str) {
    let mail = only_mail(given(settings).context(json!({})).effects::<MailNotifier>(event));
    let told = mail.attachments.iter().map(|attachment| {
        assert_eq!(attachment.content_type, "text/plain; charset=utf-8");
        match &attachment.content {
            Content::Log(id) => format!("{} = log {id}", attachment.filename),
            Content::Patch(id) => format!("{} = patch {id}", attachment.filename),
            Content::Bytes(_) => format!("{} = bytes", attachment.filename),
        }
    });
    assert_eq!(told.collect::<Vec<_>>().join(", "), attached);
}

#[test]
fn the_older_form() {
    let patch = "source patch 0 = patch 99";
    check(json!({}), &event(), patch);
    check(json!({"addPatch": false}), &event(), "");
    check(
        json!({"addLogs": true}),
        &event(),
        &format!("{patch}, compile.stdio = log 1000, compile.errors = log 1001, test.stdio = log 1002"),
    );
    check(
        json!({"addLogs": ["errors", "test.stdio"], "addPatch": false}),
        &event(),
        "compile.errors = log 1001, test.stdio = log 1002",
    );
    check(json!({"messageFormatter": {"template": "x", "want_logs_content": true}}), &event(), patch);
}

#[test]
fn generators() {
    let one = |more: Value| {
        let mut generator = json!({"kind": "BuildStatusGenerator"});
        if let (Some(generator), Value::Object(more)) = (generator.as_object_mut(), more) {
            generator.extend(more);
        }
        json!({"generators": [generator]})
    };
    check(one(json!({})), &event(), "");
    check(
        one(json!({"add_patch": true, "add_logs": ["errors"]})),
        &event(),
        "source patch 0 = patch 99, compile.errors = log 1001",
    );
    // What a template reads goes along.
    let reads = json!({"template": "x", "want_logs_content": ["test.stdio"]});
    check(one(json!({"message_formatter": reads})), &event(), "test.stdio = log 1002");
    check(one(json!({"message_formatter": reads, "add_logs": false})), &event(), "");
}

#[test]
fn logs_of_several_builds_name_their_builders_and_a_patch_comes_once() {
    let build = |name: &str, id| a_build(name).id(id).patch("ann").step("test", Results::Failure).log("stdio");
    let mut windows = build("windows", 22).results(Results::Failure).report();
    windows.steps[0].logs[0].id = 2000;
    let mut event = a_complete_buildset(Results::Failure, [build("linux", 21).results(Results::Failure)]);
    if let EventBody::Buildset(report) = &mut event.body {
        report.builds.push(windows);
    }
    check(
        json!({"buildSetSummary": true, "addLogs": true}),
        &event,
        "source patch 0 = patch 99, linux.test.stdio = log 1000, windows.test.stdio = log 2000",
    );
}

#[track_caller]
fn check_headers(headers: Value, told: &[&str]) -> Vec<String> {
    let given = given(json!({"extraHeaders": headers}));
    let event = a_build("linux").property("name", "X-Team").property("evil", "a\r\nBcc: b@c.org").finished();
    let mail = only_mail(given.effects::<MailNotifier>(&event));
    let shown = mail.headers.iter().map(|field| format!("{}: {:?}", field.name, field.value));
    assert_eq!(shown.collect::<Vec<_>>(), told);
    given.logged()
}

#[test]
fn headers_are_filled_in() {
    check_headers(
        json!({"X-Branch": "on %(prop:branch)s, 100%%", "%(prop:name)s": "%(src::project)s", "X-Key": "k %(secret:key)s",
            "X-Team": {"fmtstring": "%(kw:team)s", "kw": {"team": "red"}}}),
        &[
            "X-Team: [Part::Literal(\"proj\")]",
            "X-Branch: [Part::Literal(\"on main, 100%\")]",
            "X-Key: [Part::Literal(\"k \"), Part::Secret(\"key\")]",
            "X-Team: [Part::Literal(\"red\")]",
        ],
    );
    check_headers(json!({"X-A": "%(prop:evil)s"}), &["X-A: [Part::Literal(\"a  Bcc: b@c.org\")]"]);
    let logged =
        check_headers(json!({"%(prop:evil)s": "a", "%(prop:nothing)s": "b", "%(prop:nothing:-To)s": "c"}), &[]);
    assert_eq!(logged.len(), 3, "{logged:?}");
}
