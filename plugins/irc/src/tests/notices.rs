//! What places are told of builds and workers.

use campanile_sdk::contract::EventBody;
use campanile_sdk::contract::Results;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_chat_message;
use campanile_sdk::testing::a_missing_worker;
use serde_json::json;

use super::Bot;
use super::CHANNEL;

const LINK: &str = "[#1](https://ci.example/#/builders/80/builds/1)";

/// A build with this number, where the one before it ended so.
fn after(number: u32, results: Results) -> GivenBuild {
    a_build("linux").id(u64::from(number)).number(number).previous(results).previous_number(number - 1)
}

/// The pairs of results, before and now, that this event tells of.
fn pairs(event: &str) -> Vec<String> {
    let mut found = Vec::new();
    for before in Results::ALL {
        for now in Results::ALL {
            let mut bot = Bot::new(json!({"notify_events": [event]}));
            if bot.tells_end(after(5, before), now) {
                found.push(format!("{} {}", before.name(), now.name()));
            }
        }
    }
    found
}

#[test]
fn changes_from_one_result_to_another() {
    assert_eq!(pairs("successToFailure"), ["success failure"]);
    assert_eq!(pairs("exceptionTowarnings"), ["exception warnings"]);
    let problem = ["success failure", "success exception", "warnings failure", "warnings exception"];
    assert_eq!(pairs("problem"), problem);
    let recovery = ["failure success", "failure warnings", "exception success", "exception warnings"];
    assert_eq!(pairs("recovery"), recovery);
    // Of the six that have a severity, each pair is better one way and worse the other.
    assert_eq!((pairs("better").len(), pairs("worse").len()), (15, 15));
    assert_eq!(pairs("better")[..2], ["success skipped", "warnings success"]);
    assert_eq!((pairs("cancelled").len(), pairs("finished").len(), pairs("started").len()), (7, 49, 0));
}

#[test]
fn only_the_build_with_the_number_before_counts() {
    let mut bot = Bot::new(json!({"notify_events": ["problem"]}));
    assert!(!bot.tells_end(a_build("linux"), Results::Failure), "there is none");
    assert!(!bot.tells_end(after(9, Results::Success).previous_number(7), Results::Failure), "one is missing");
    assert!(!bot.tells_end(after(9, Results::Success).previous_running().previous_number(8), Results::Failure));
    assert!(bot.tells_end(after(9, Results::Success), Results::Failure));
}

#[test]
fn starts_and_ends_are_told() {
    let mut bot = Bot::new(json!({"notify_events": {"started": 0, "finished": 1}, "pm_to_nicks": ["Bob"]}));
    let start = format!("Build {LINK} of `linux` started.");
    assert_eq!(bot.hears(&a_build("linux").started()), [format!("#builds: {start}"), format!("bob: {start}")]);
    let build = || a_build("linux").state("failed compile").results(Results::Failure);
    let end = format!("Build {LINK} of `linux` failed: failed compile");
    assert_eq!(bot.hears(&build().finished()), [format!("#builds: {end}"), format!("bob: {end}")]);
    assert!(bot.hears(&build().finished()).is_empty(), "not twice within a minute");
    let mut later = build().finished();
    later.at += 60;
    assert_eq!(bot.hears(&later).len(), 2);
}

#[test]
fn each_result_has_its_words() {
    let mut bot = Bot::new(json!({"notify_events": ["finished"], "useColors": true}));
    let mut said = Vec::new();
    for (number, results) in (1..).zip(Results::ALL) {
        let line = bot.hears(&a_build("x").number(number).state("x y").results(results).finished()).remove(0);
        said.push(line.split("`x` ").nth(1).expect("an end").to_owned());
    }
    let expected = [
        "\u{3}3completed successfully\u{f}.",
        "\u{3}8completed with warnings\u{f}: x y",
        "\u{3}4failed\u{f}: x y",
        "\u{3}12was skipped\u{f}: x y",
        "\u{3}6stopped with exception\u{f}: x y",
        "\u{3}11has been retried\u{f}: x y",
        "\u{3}13was cancelled\u{f}: x y",
    ];
    assert_eq!(said, expected);
}

#[test]
fn what_is_not_tagged_is_not_told() {
    let mut bot = Bot::new(json!({"notify_events": ["started", "finished"], "tags": ["fast", "nightly"]}));
    assert!(bot.hears(&a_build("linux").started()).is_empty());
    assert!(bot.hears(&a_build("linux").tag("slow").finished()).is_empty());
    assert_eq!(bot.hears(&a_build("linux").tag("nightly").started()).len(), 1);
    assert_eq!(bot.hears(&a_build("linux").tag("fast").finished()).len(), 1);
    let mut older = Bot::new(json!({"notify_events": ["finished"], "categories": "fast"}));
    assert!(older.hears(&a_build("linux").finished()).is_empty());
    assert_eq!(older.hears(&a_build("linux").tag("fast").finished()).len(), 1);
}

#[test]
fn events_are_switched_on_and_off() {
    let mut bot = Bot::new(json!({}));
    let none = "Ann: No events are being notified.";
    let events = |names: &str| format!("Ann: The following events are being notified: {names}.");
    assert_eq!(bot.whispered("notify list"), [none]);
    assert_eq!(bot.whispered("notify on"), [events("finished, started")]);
    assert_eq!(
        bot.whispered("notify ON successtofailure worker"),
        [events("finished, started, successToFailure, worker")]
    );
    assert!(bot.whispered("notify off-quiet started,worker").is_empty());
    assert_eq!(bot.whispered("notify list"), [events("finished, successToFailure")]);
    assert_eq!(bot.hears(&a_build("linux").finished()).len(), 1);
    let anyway = "Ann: I was not notifying you of worker anyway.";
    assert_eq!(bot.whispered("notify off worker finished"), [anyway, &events("successToFailure")]);
    assert_eq!(bot.whispered("notify off"), [none]);
    assert!(bot.hears(&a_build("linux").number(2).finished()).is_empty());
    for wrong in ["notify", "notify zork", "notify list-quiet"] {
        assert_eq!(bot.whispered(wrong), ["Ann: Try 'notify on|off|list [_EVENT_]'."], "{wrong}");
    }
    assert_eq!(bot.whispered("notify on started zork"), ["Ann: Try 'notify on _EVENT_'."]);
    assert_eq!(bot.whispered("notify off retry"), ["Ann: Try 'notify off _EVENT_'."]);
    assert_eq!(bot.whispered("notify list"), [none], "nothing was switched on");
}

#[test]
fn in_a_channel_its_operators_decide() {
    let mut bot = Bot::new(json!({"notify_events": ["finished"]}));
    let refusal =
        "#builds: Only channel operators can change notified events for this channel. And you, Ann, are neither!";
    assert_eq!(bot.told("notify off"), [refusal]);
    assert_eq!(bot.told("notify list").len(), 1, "everybody may look");
    assert_eq!(bot.told_by_op("notify off"), ["#builds: No events are being notified."]);
    assert!(bot.hears(&a_build("linux").finished()).is_empty(), "also those of the configuration");
    assert_eq!(bot.told_by_op("notify on finished").len(), 1);
    assert_eq!(bot.hears(&a_build("linux").finished()).len(), 1);
    let mut named = Bot::new(json!({"authz": {"notify": ["ann"]}}));
    assert_eq!(named.told("notify on").len(), 1);
    assert!(named.told("notify list")[0].contains("started"));
}

#[test]
fn a_channel_is_one_whatever_its_case() {
    let mut bot = Bot::new(json!({"channels": ["#Foo"], "notify_events": ["finished"], "authz": {"notify": true}}));
    assert_eq!(bot.hears(&a_build("linux").finished()).len(), 1);
    let answer = bot.hears(&a_chat_message("Ann", Some("#foo"), "notify off finished"));
    assert_eq!(answer, ["#Foo: No events are being notified."]);
    assert!(bot.hears(&a_build("linux").number(2).finished()).is_empty());
}

#[test]
fn brackets_are_braces() {
    let settings = json!({"channels": ["#CI[eu]"], "pm_to_nicks": ["Bob~"], "notify_events": ["finished"]});
    let mut bot = Bot::new(settings);
    let places = |said: Vec<String>| said.into_iter().map(|line| line.split(':').next().unwrap_or("").to_owned());
    let said = bot.hears(&a_build("linux").finished());
    assert!(places(said).eq(["#CI[eu]", "bob~"]), "as they are written");
    let mut mute = a_chat_message("Ann", Some("#ci{eu}"), "mute");
    if let EventBody::Chat(message) = &mut mute.body {
        message.op = true;
    }
    assert_eq!(bot.hears(&mute), ["#CI[eu]: Shutting up for now."], "the host folds names");
    bot.hears(&a_chat_message("BOB^", None, "notify off"));
    bot.hears(&a_chat_message("Eve[m]", None, "notify on finished"));
    let said = bot.hears(&a_build("linux").number(2).finished());
    assert!(places(said).eq(["eve[m]"]), "another one may be called eve{{m}}");
}

#[test]
fn workers_that_are_missing_come_back() {
    let mut bot = Bot::new(json!({"notify_events": ["worker"]}));
    let missing = a_missing_worker("w-1", &[]);
    let line = "#builds: Worker `w-1` is missing. It was seen last on 2026-01-02 03:04:05 UTC.";
    assert_eq!(bot.hears(&missing), [line]);
    let mut back = missing.clone();
    back.topic = String::from("workers/13/connected");
    assert_eq!(bot.hears(&back), ["#builds: Worker `w-1` is back online."]);
    assert!(bot.hears(&back).is_empty(), "nobody missed it");
    let mut never = missing;
    if let EventBody::Worker(report) = &mut never.body {
        report.last_connection = None;
    }
    assert_eq!(bot.hears(&never), ["#builds: Worker `w-1` is missing. It was never seen."]);
    assert!(Bot::new(json!({"notify_events": ["finished"]})).hears(&never).is_empty());
}

#[test]
fn a_test_report_goes_everywhere() {
    let mut bot = Bot::new(json!({"notify_events": ["started"], "tags": ["fast"]}));
    assert_eq!(bot.hears(&a_build("linux").id(0).finished()).len(), 1);
    assert_eq!(bot.told("notify list"), [format!("{CHANNEL}: The following events are being notified: started.")]);
}
