//! Revisions, blame lists, and the words of Buildbot 0.8.

use campanile_sdk::contract::Results;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use serde_json::Value;
use serde_json::json;

use super::Bot;
use super::ci;

fn two_changes() -> GivenBuild {
    let mut report = a_build("linux").change("Ann", "Fix").change("Bob", "Mend").report();
    report.changes[0].revision = Some("a87b2c4ff00d1234567890abcdef1234567890ab".to_owned());
    report.changes[1].revision = Some("1234".to_owned());
    GivenBuild::of(report).state("failed compile").results(Results::Failure)
}

fn told(settings: Value) -> [String; 2] {
    let mut settings = settings;
    settings["notify_events"] = json!(["started", "finished"]);
    let mut bot = Bot::new(settings);
    [bot.hears(&two_changes().started()).remove(0), bot.hears(&two_changes().finished()).remove(0)]
        .map(|line| line.trim_start_matches("#builds: ").to_owned())
}

#[test]
fn builds_by_their_revisions() {
    let [start, end] = told(json!({"useRevisions": true}));
    assert_eq!(start, "Build containing revision(s) a87b2c4, 1234 on linux started.");
    assert_eq!(end, "Build on `linux` containing revision(s) a87b2c4, 1234 failed: failed compile");
    let mut bot = Bot::new(json!({"useRevisions": true, "notify_events": ["started"]}));
    let stamped = bot.hears(&a_build("linux").started());
    assert_eq!(stamped, ["#builds: Build containing revision(s) d34db33f on linux started."], "without changes");
    let unknown = bot.hears(&a_build("linux").stamps(Vec::new()).started()).remove(0);
    assert!(unknown.contains("[#1]"), "{unknown}");
}

#[test]
fn many_revisions_are_not_all_named() {
    let mut report = a_build("linux").report();
    for number in 0..25 {
        let mut change = a_build("x").change("Ann", "Fix").report().changes.remove(0);
        change.revision = Some(format!("r{number}"));
        report.changes.push(change);
    }
    let mut bot = Bot::new(json!({"useRevisions": true, "notify_events": ["started"]}));
    let line = bot.hears(&GivenBuild::of(report).started()).remove(0);
    assert!(line.contains("revision(s) r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 and 15 more on"), "{line}");
}

#[test]
fn those_whom_it_concerns_are_named_where_it_went_wrong() {
    let [_, end] = told(json!({"showBlameList": true}));
    let line = "Build [#1](https://ci.example/#/builders/80/builds/1) of `linux` failed: failed compile";
    assert_eq!(end, format!("{line}\nblamelist: Ann, Bob"));
    let mut bot = Bot::new(json!({"showBlameList": true, "notify_events": ["finished"]}));
    let good = bot.hears(&two_changes().results(Results::Success).finished()).remove(0);
    assert!(!good.contains("blamelist"), "{good}");
}

#[test]
fn in_the_words_of_0_8() {
    let [start, end] = told(json!({"wording": "0.8"}));
    assert_eq!(start, "build #1 of linux started, including [a87b2c4, 1234]");
    let url = "https://ci.example/#/builders/80/builds/1";
    let said = format!("build #1 of linux is complete: Failure [failed compile]\nBuild details are at {url}");
    assert_eq!(end, said);
    let [start, end] = told(json!({"wording": "0.8", "useRevisions": true, "useColors": true}));
    assert_eq!(start, "build containing revision(s) [a87b2c4, 1234] on linux started");
    let start =
        "build containing revision(s) [a87b2c4, 1234] on linux is complete: Failure [\u{3}4failed compile\u{f}]";
    assert!(end.starts_with(start), "{end}");
}

#[test]
fn a_colour_takes_no_digit_of_the_text() {
    let mut bot = Bot::new(json!({"wording": "0.8", "useColors": true, "notify_events": ["finished"]}));
    let build = a_build("linux").state("2 tests failed").results(Results::Failure);
    let said = bot.hears(&build.finished()).remove(0);
    assert!(said.contains("Failure [\u{3}042 tests failed\u{f}]"), "{said:?}");
}

#[test]
fn a_watched_build_in_the_words_of_0_8() {
    let mut bot = Bot::of(ci::busy(json!({"wording": "0.8"})));
    assert_eq!(bot.told("watch linux"), ["#builds: watching build linux #4 until it finishes.."]);
    let said = bot.hears(&a_build("linux").id(22).number(4).state("build successful").finished());
    let url = "https://ci.example/#/builders/80/builds/4";
    let line = "#builds: Hey! build linux #4 is complete: Success [build successful]";
    assert_eq!(said, [format!("{line}\nBuild details are at {url}")]);
}

#[test]
fn a_watched_build_by_its_revisions() {
    let settings = json!({"useRevisions": true, "allowForce": true});
    let mut bot = Bot::of(ci::busy(settings).build(two_changes().id(22).number(4).report()));
    let line = "#builds: Watching build on `linux` containing revision(s) a87b2c4, 1234 until it finishes...";
    assert_eq!(bot.told("watch linux"), [line]);
    bot.told("stop build linux wrong branch");
    let line = "#builds: Build on `linux` containing revision(s) a87b2c4, 1234 interrupted.";
    assert_eq!(bot.answered(campanile_sdk::contract::Outcome::Done, "null"), [line]);
}
