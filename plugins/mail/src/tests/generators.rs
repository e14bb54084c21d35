//! The generators, each by what it makes of events.

use campanile_sdk::contract::Event;
use campanile_sdk::contract::Mail;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_cancelled_request;
use campanile_sdk::testing::a_complete_buildset;
use campanile_sdk::testing::a_missing_worker;
use campanile_sdk::testing::a_new_request;
use campanile_sdk::testing::deliveries;
use campanile_sdk::testing::mails;
use campanile_sdk::testing::only_mail;
use serde_json::Value;
use serde_json::json;

use super::given;
use crate::MailNotifier;

/// A generator that says `said` in its message.
fn saying(kind: &str, formatter: &str, said: &str, more: Value) -> Value {
    let said = json!({"kind": "MessageFormatterRenderable", "template": said});
    let mut generator = json!({"kind": kind, formatter: said});
    if let (Some(generator), Value::Object(more)) = (generator.as_object_mut(), more) {
        generator.extend(more);
    }
    generator
}

/// The mails about an event, `{subject}: {body}`.
fn told(generators: Value, event: &Event) -> Vec<String> {
    let given = given(json!({"generators": generators, "sendToInterestedUsers": false}));
    let given = given.context(json!({"builds": [{"number": 1}, {"number": 2}], "projects": "proj"}));
    assert_eq!(given.problems::<MailNotifier>(), [""; 0]);
    let effects = given.effects::<MailNotifier>(event);
    let shown = |mail: &&Mail| format!("{}: {}", mail.subject, mail.body.trim_end());
    mails(&effects).iter().map(shown).collect()
}

#[track_caller]
fn check(generator: Value, event: &Event, expected: &[&str]) {
    assert_eq!(told(json!([generator]), event), expected, "{generator}");
}

fn ended(results: Results) -> GivenBuild {
    a_build("linux").results(results)
}

#[test]
fn build_status() {
    let generator = |more| saying("BuildStatusGenerator", "message_formatter", "%(prop:branch)s", more);
    let failure = &["Buildbot failure in Acme CI on linux: main"];
    check(generator(json!({})), &ended(Results::Failure).finished(), failure);
    check(generator(json!({"mode": "passing"})), &ended(Results::Failure).finished(), &[]);
    check(
        generator(json!({"mode": "all"})),
        &ended(Results::Cancelled).finished(),
        &["Buildbot cancelled in Acme CI on linux: main"],
    );
    check(generator(json!({"mode": "all"})), &ended(Results::Retry).previous(Results::Success).finished(), &[]);
    check(generator(json!({"builders": ["mac"]})), &ended(Results::Failure).finished(), &[]);
    check(generator(json!({"subject": "%(result)s!"})), &ended(Results::Failure).finished(), &["failure!: main"]);
    check(generator(json!({})), &a_build("linux").started(), &[]);
    check(
        generator(json!({"report_new": true, "mode": []})),
        &a_build("linux").started(),
        &["Buildbot not finished in Acme CI on linux: main"],
    );
}

#[test]
fn the_subject_of_the_default_message_goes_before_that_of_a_generator_but_not_of_the_older_form() {
    let event = ended(Results::Failure).state("failed").finished();
    let generator = json!({"kind": "BuildStatusGenerator", "subject": "mine"});
    let mail = only_mail(given(json!({"generators": [generator]})).effects::<MailNotifier>(&event));
    assert_eq!(mail.subject, "☠ Buildbot (Acme CI): linux - failed (main)");
    assert_eq!(mail.kind, BodyKind::Plain);
    let mail = only_mail(given(json!({"subject": "mine"})).effects::<MailNotifier>(&event));
    assert_eq!(mail.subject, "mine");
}

#[test]
fn build_start_and_end() {
    let generator = json!({"kind": "BuildStartEndStatusGenerator", "branches": ["main"]});
    check(
        generator.clone(),
        &a_build("linux").started(),
        &["Buildbot not finished in Acme CI on linux: Build started."],
    );
    for results in Results::ALL {
        let subject = format!("Buildbot {} in Acme CI on linux: Build done.", results.name());
        check(generator.clone(), &ended(results).finished(), &[&subject]);
    }
    check(generator, &a_build("linux").property("branch", "next").finished(), &[]);
}

#[test]
fn build_requests() {
    let generator = json!({"kind": "BuildRequestGenerator"});
    check(generator.clone(), &a_new_request("linux"), &["Buildbot not finished in Acme CI on linux: Build pending."]);
    let cancelled = "Buildbot cancelled in Acme CI on linux: Build cancelled.";
    check(generator, &a_cancelled_request("linux"), &[cancelled]);
    let default = json!({"kind": "BuildRequestGenerator", "formatter": {}, "builders": ["linux"]});
    let lines = "☝ Buildbot (Acme CI): linux - pending: A build is pending on builder linux.\n\
        Full details are available at: https://ci.example/#/buildrequests/12\nBuild Reason: because";
    check(default.clone(), &a_new_request("linux"), &[lines]);
    check(default, &a_new_request("mac"), &[]);
}

#[test]
fn buildsets_build_after_build() {
    let builds = || {
        let builds = [("linux", Results::Failure), ("mac", Results::Success), ("skipped", Results::Skipped)];
        builds.map(|(name, results)| a_build(name).results(results).property("name", name))
    };
    let generator = |more| saying("BuildSetStatusGenerator", "message_formatter", "%(prop:name)s;", more);
    let event = a_complete_buildset(Results::Failure, builds());
    check(generator(json!({})), &event, &["Buildbot failure in Acme CI on whole buildset: linux;mac;"]);
    check(generator(json!({"mode": ["passing"]})), &event, &["Buildbot failure in Acme CI on whole buildset: mac;"]);
    check(generator(json!({"builders": ["windows"]})), &event, &[]);
    check(generator(json!({"mode": ["exception"]})), &event, &[]);
    let default = told(json!([{"kind": "BuildSetStatusGenerator"}]), &event);
    assert!(default[0].starts_with("☠ Buildbot (Acme CI): whole buildset - build successful (main): A failed build"));
    assert_eq!(default[0].matches("has been detected on builder").count(), 2, "{default:?}");
}

#[test]
fn buildsets_in_one_text() {
    let event = a_complete_buildset(Results::Warnings, [ended(Results::Success), ended(Results::Warnings)]);
    let template = "{{ projects }}{% for build in builds %} #{{ build.number }}{% endfor %}";
    let generator = json!({"kind": "BuildSetCombinedStatusGenerator", "message_formatter": {"template": template}});
    check(generator, &event, &["Buildbot warnings in Acme CI on whole buildset: proj #1 #2"]);
}

#[test]
fn workers_that_are_missing() {
    let event = a_missing_worker("w1", &["b@example.org", "a@example.org", "nobody"]);
    let mail = |settings| {
        let effects = given(settings).effects::<MailNotifier>(&event);
        mails(&effects).first().map(|mail| (*mail).clone())
    };
    let text = "The Buildbot worker named w1 went away.\nIt last disconnected at 2026-01-02 03:04:05 UTC.\n\
        The admin on record (as reported by WORKER:info/admin) was Ann <ann@example.net>.\n\n\n";
    let plain = mail(json!({"generators": [{"kind": "WorkerMissingGenerator"}]})).expect("a mail");
    assert_eq!((plain.body.as_str(), plain.kind), (text, BodyKind::Plain));
    assert_eq!(plain.subject, "Buildbot Acme CI worker w1 missing");
    assert_eq!((plain.to, plain.cc), (vec!["a@example.org".to_owned(), "b@example.org".to_owned()], Vec::new()));
    let html = mail(json!({})).expect("workers are watched");
    assert!(html.kind == BodyKind::Html && html.body.contains("was Ann &lt;ann@example.net&gt;.</p>"), "{html:?}");
    assert!(mail(json!({"watchedWorkers": ["w1"]})).is_some());
    assert!(mail(json!({"watchedWorkers": []})).is_none());
    assert!(mail(json!({"generators": [{"kind": "WorkerMissingGenerator", "workers": ["w2"]}]})).is_none());
    given(json!({})).expect::<MailNotifier>(&a_missing_worker("w1", &[]), &[]);
}

#[test]
fn what_several_generators_say_is_one_mail_unless_only_some_of_it_is_html() {
    let one = saying("BuildStatusGenerator", "message_formatter", "one ", json!({}));
    let two = saying("BuildStatusGenerator", "message_formatter", "two", json!({"subject": "second"}));
    let event = ended(Results::Failure).finished();
    let subject = "Buildbot failure in Acme CI on linux";
    assert_eq!(told(json!([one, two]), &event), [format!("{subject}: one two")]);
    let html =
        json!({"kind": "BuildStatusGenerator", "message_formatter": {"template_type": "html", "template": "<p>"}});
    let generators = json!([one, html, two]);
    let effects = given(json!({"generators": generators})).context(json!({})).effects::<MailNotifier>(&event);
    let keys: Vec<&str> = deliveries(&effects).iter().map(|delivery| delivery.key.as_str()).collect();
    let bodies: Vec<&str> = mails(&effects).iter().map(|mail| mail.body.trim_end()).collect();
    assert_eq!((keys, bodies), (vec!["build", "build-2"], vec!["one two", "<p>"]));
}
