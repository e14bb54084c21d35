//! What the CI system is asked to do, and what is said of it.

use campanile_sdk::contract::Control;
use campanile_sdk::contract::Outcome;
use campanile_sdk::contract::Results;
use campanile_sdk::contract::Shutdown;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_request_that_ended;
use serde_json::Value;
use serde_json::json;

use super::Bot;
use super::ci;
use super::other;

const LINK: &str = "[#1](https://ci.example/#/builders/80/builds/1)";

fn forcing() -> Bot {
    Bot::of(ci::busy(json!({"allowForce": true})))
}

/// A request with id 12 is made, as the one of the builds of tests.
const TAKEN: &str = r#"{"bsid": 99, "brids": {"80": 12}}"#;

#[test]
fn a_build_is_asked_for_with_all_that_was_said() {
    let mut bot = forcing();
    let asked = "force build --codebase=lib --branch=release/1.0 --revision 'abc 1' --project=proj \
        --props=a=b,c=d/e linux because it's \"new\"";
    assert!(bot.told(&asked.replace("it's", "it is")).is_empty(), "it is answered when it is done");
    let Some((_, Control::Force(force))) = bot.asked.first() else { panic!("{:?}", bot.asked) };
    assert_eq!((force.builder_id, force.owner.as_str()), (80, "Ann on #builds"));
    assert_eq!(force.reason, "forced: by Ann on #builds: because it is new");
    let said = [&force.codebase, &force.branch, &force.revision, &force.project].map(|option| option.as_deref());
    assert_eq!(said, [Some("lib"), Some("release/1.0"), Some("abc 1"), Some("proj")]);
    let properties = [("a".to_owned(), r#""b""#.to_owned()), ("c".to_owned(), r#""d/e""#.to_owned())];
    assert_eq!(force.properties, properties);
    assert_eq!(bot.answered(Outcome::Done, TAKEN), ["#builds: Force build successfully requested."]);
}

#[test]
fn who_asked_for_a_build_is_told_how_it_goes() {
    let mut bot = forcing();
    bot.whispered("force build linux");
    bot.answered(Outcome::Done, TAKEN);
    assert_eq!(bot.hears(&a_build("linux").started()), [format!("ann: Build {LINK} of `linux` started.")]);
    assert!(bot.hears(&a_build("linux").started()).is_empty(), "once");
    let again = format!("ann: Build {LINK} of `linux` has been retried: x");
    assert_eq!(bot.hears(&a_build("linux").state("x").results(Results::Retry).finished()), [again]);
    let second = || a_build("linux").id(30).number(2);
    assert_eq!(bot.hears(&second().started()).len(), 1, "the request is tried again");
    assert_eq!(bot.hears(&second().finished()).len(), 1);
    assert!(bot.hears(&a_request_that_ended("linux", Results::Success)).is_empty());
    assert!(bot.hears(&a_build("linux").id(31).number(3).started()).is_empty(), "it is forgotten");
}

#[test]
fn a_request_that_no_build_answers_ends_all_the_same() {
    let mut bot = forcing();
    bot.told("force build linux");
    bot.answered(Outcome::Done, TAKEN);
    let said = "#builds: The build of `linux` that was requested was cancelled.";
    assert_eq!(bot.hears(&a_request_that_ended("linux", Results::Cancelled)), [said]);
    assert!(bot.hears(&a_request_that_ended("linux", Results::Cancelled)).is_empty());
}

#[test]
fn a_build_that_was_faster_than_the_answer_is_told_of() {
    let builds = json!({"builds": [ci::build(21, 1, None, "building"), ci::build(22, 2, Some(0), "done")]});
    let given = ci::busy(json!({"allowForce": true})).answers("buildrequests/12/builds?order=number&limit=20", builds);
    let mut bot = Bot::of(given.build(a_build("linux").id(22).number(2).report()));
    bot.told("force build linux");
    let said = bot.answered(Outcome::Done, TAKEN);
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[3].contains("[#2]") && said[3].ends_with("completed successfully."), "{said:?}");
    assert!(bot.hears(&a_build("linux").started()).is_empty(), "it was told of");
    assert_eq!(bot.hears(&a_build("linux").finished()).len(), 1);
}

#[test]
fn notices_and_what_was_asked_for_are_one_line() {
    let mut bot = Bot::of(ci::idle(json!({"allowForce": true, "notify_events": ["started", "finished"]})));
    bot.told("force build linux");
    bot.answered(Outcome::Done, TAKEN);
    assert_eq!(bot.hears(&a_build("linux").started()).len(), 1);
    assert_eq!(bot.hears(&a_build("linux").finished()).len(), 1);
}

#[track_caller]
fn refused(text: &str, answer: &str) {
    let mut bot = forcing();
    assert_eq!(bot.told(text), [format!("#builds: {answer}")]);
    assert!(bot.asked.is_empty());
}

#[test]
fn what_is_wrong_with_a_request_is_said() {
    let usage = "Try 'force build [--codebase=CODEBASE] [--branch=BRANCH] [--revision=REVISION] [--project=PROJECT] \
        [--props=PROP1=VAL1,PROP2=VAL2...] [--reason=REASON] _which_ _reason_ - Force a build'";
    for wrong in ["force", "force zork", "force build --zork=1 linux", "force build --branch"] {
        refused(wrong, usage);
    }
    refused("force build", &format!("you must provide a Builder, {usage}"));
    refused("force build zork", "no such builder 'zork'");
    refused("force build --branch='a;b' linux", "Sorry, bad branch 'a;b'");
    refused("force build --revision=$HOME linux", "Sorry, bad revision '$HOME'");
    refused("force build --props=a=b,c='d;e' linux", "Sorry, bad property name='c', value='d;e'");
    refused("force build --props=zork linux", "Sorry, bad property name='zork', value=''");
    let mut bot = forcing();
    bot.told("force build linux");
    assert_eq!(bot.answered(Outcome::Refused, "no such builder: 80"), ["#builds: I can't: no such builder: 80"]);
}

#[test]
fn builds_are_stopped() {
    let mut bot = forcing();
    assert_eq!(bot.told("stop build mac now"), ["#builds: Sorry, no build is currently running."]);
    for wrong in ["stop", "stop build", "stop build linux", "stop zork linux now"] {
        assert_eq!(bot.told(wrong), ["#builds: Try 'stop build _which_ _reason_'."], "{wrong}");
    }
    assert!(bot.told("stop build linux wrong branch").is_empty());
    let Some((_, Control::Stop(stop))) = bot.asked.first() else { panic!("{:?}", bot.asked) };
    assert_eq!((stop.build_id, stop.reason.as_str()), (22, "stopped: by Ann on #builds: wrong branch"));
    let link = "[#4](https://ci.example/#/builders/80/builds/4)";
    assert_eq!(bot.answered(Outcome::Done, "null"), [format!("#builds: Build {link} of `linux` interrupted.")]);
    bot.told("stop build linux again");
    let denied = "control is not granted: add \"control\" to the reporter's `allow`";
    assert_eq!(bot.answered(Outcome::Refused, denied), [format!("#builds: I can't: {denied}")]);
}

#[test]
fn the_ci_system_is_shut_down() {
    let mut bot = Bot::new(json!({"allowShutdown": ["ann"]}));
    assert_eq!(bot.told("shutdown check"), ["#builds: Status: buildbot is running."]);
    assert_eq!(bot.told("shutdown stop"), ["#builds: There is no ongoing shutdown to stop."]);
    assert_eq!(bot.told("shutdown"), ["#builds: Try 'shutdown check|start|stop|now'."]);
    assert!(bot.told("shutdown start").is_empty());
    assert!(matches!(bot.asked[..], [(_, Control::Shutdown(Shutdown::Start))]));
    assert_eq!(bot.answered(Outcome::Done, "null"), ["#builds: Starting clean shutdown."]);
    bot.hears(&other("control/shutdown/start"));
    assert_eq!(bot.told("shutdown check"), ["#builds: Status: buildbot is shutting down."]);
    assert_eq!(bot.told("shutdown start"), ["#builds: Shutdown already started."]);
    bot.told("shutdown stop");
    assert_eq!(bot.answered(Outcome::Done, "null"), ["#builds: Stopping clean shutdown."]);
    bot.hears(&other("control/shutdown/cancel"));
    assert_eq!(bot.told("shutdown check"), ["#builds: Status: buildbot is running."]);
    bot.told("shutdown now");
    assert!(matches!(bot.asked[..], [(_, Control::Shutdown(Shutdown::Now))]));
    assert_eq!(bot.answered(Outcome::Done, "null"), ["#builds: Stopping buildbot."]);
    bot.hears(&other("control/shutdown/start"));
    bot.hears(&other("masters/1/started"));
    assert_eq!(bot.told("shutdown check"), ["#builds: Status: buildbot is running."], "it came up again");
}

#[test]
fn another_master_that_starts_ends_no_shutdown() {
    let masters = json!({"masters": [{"masterid": 1}, {"masterid": 2}]});
    let path = "masters?active=true&field=masterid&order=masterid&limit=1000";
    let mut bot = Bot::of(ci::idle(json!({"allowShutdown": true})).answers(path, masters));
    bot.hears(&other("control/shutdown/start"));
    for topic in ["masters/3/started", "masters/1/stopped", "masters/1/started"] {
        bot.hears(&other(topic));
        assert_eq!(bot.told("shutdown check"), ["#builds: Status: buildbot is shutting down."], "{topic}");
    }
    bot.hears(&other("masters/2/stopped"));
    assert_eq!(bot.told("shutdown check"), ["#builds: Status: buildbot is running."]);
}

#[test]
fn a_long_name_fits_into_a_key() {
    let name = "é".repeat(300);
    let path = format!("builders?field=builderid&field=name&field=tags&name={}&limit=1", "%C3%A9".repeat(300));
    let builders: Value = json!({"builders": [{"builderid": 90, "name": name}]});
    let mut bot = Bot::of(ci::idle(json!({"allowForce": true})).answers(&path, builders));
    bot.told(&format!("force build {name}"));
    assert!(bot.asked[0].0.len() <= 1_024, "{}", bot.asked[0].0.len());
}
