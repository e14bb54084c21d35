//! Commands that look, and those that are for fun.

use campanile_sdk::contract::ChatPresence;
use campanile_sdk::contract::Event;
use campanile_sdk::contract::EventBody;
use campanile_sdk::contract::Outcome;
use campanile_sdk::contract::PresenceChange;
use campanile_sdk::contract::Results;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_chat_message;
use serde_json::json;

use super::Bot;
use super::CHANNEL;
use super::ci;

const COMMANDS: &str = "Buildbot commands: commands, dance, destroy, force, hello, help, hustle, join, last, leave, list, \
    mute, notify, shutdown, source, status, stop, unmute, version, watch";

/// What the bot of an idle CI answers.
#[track_caller]
fn check(text: &str, answer: &str) {
    let mut bot = Bot::of(ci::idle(json!({})));
    assert_eq!(bot.told(text), [format!("{CHANNEL}: {answer}")], "{text}");
}

#[test]
fn what_is_no_command() {
    check("", "Say what?");
    check("  ", "Say what?");
    check("you are great!", "What you say!");
    check("zork the thing", &format!("I don't get this 'zork'...\n{COMMANDS}"));
    check("list 'builders", "No closing quotation");
    check("COMMANDS", COMMANDS);
    assert_eq!(Bot::new(json!({})).whispered(""), ["Ann: Say what?"]);
}

#[test]
fn two_bots_do_not_answer_each_other() {
    for ours in [&format!("I don't get this 'zork'...\n{COMMANDS}"), "Try 'status _builder_'.", "What you say!"] {
        let mut bot = Bot::new(json!({}));
        for line in ours.lines() {
            assert!(bot.whispered(line).is_empty(), "{line}");
        }
    }
    let mut bot = Bot::new(json!({}));
    assert_eq!(bot.whispered("zork").len(), 1);
    assert!(bot.whispered("zork again").is_empty(), "once a minute");
    assert_eq!(bot.whispered("zork!").len(), 1, "another mistake");
    assert_eq!(bot.hears(&a_chat_message("Bob", None, "zork")).len(), 1, "another nick");
    let mut later = a_chat_message("Ann", None, "zork");
    later.at += 60;
    assert_eq!(bot.hears(&later).len(), 1);
}

#[test]
fn help_says_how_a_command_is_written() {
    check("help dance", "Usage: dance - Dance");
    check("help commands", &format!("Usage: commands - List the commands that there are\n{COMMANDS}"));
    check("help Shutdown start", "Usage: shutdown start - Stop when the builds that run are done");
    check("help zork", "There is no such command 'zork'.");
    check("help dance tango", "No usage info for 'dance' 'tango'");
    let lines = Bot::new(json!({})).told("help").remove(0);
    assert_eq!(lines.lines().count(), 20, "{lines}");
    assert!(lines.contains("\nforce - Force a build\n"), "{lines}");
}

#[test]
fn builders_and_workers_are_listed() {
    check("list builders", "I found the following builders: linux");
    check("list all builders", "I found the following builders: linux mac [offline]");
    check("list workers", "I found the following workers: w-1 w-2 [disconnected]");
    check("list all workers", "I found the following workers: w-1 w-2 [disconnected] w-3 [offline]");
    check("list 1 workers", "I found the following workers: w-1");
    for wrong in ["list", "list zork", "list many builders", "list 1 2 builders"] {
        check(wrong, "Try 'list [all|N] builders|workers|changes'.");
    }
    let mut bot = Bot::of(ci::idle(json!({"tags": ["slow"]})));
    assert_eq!(bot.told("list all builders"), ["#builds: I found the following builders:"]);
}

#[test]
fn changes_are_listed() {
    let change = json!({"author": "Ann <ann@example.net>", "comments": "Fix it\n\nIt was broken.", "branch": null,
        "repository": "https://git.example/proj", "revision": "d34db33f", "when_timestamp": 1_767_323_045});
    let answer = json!({"changes": [change]});
    let shown = "I found the following recent changes:\nFix it\nAuthor: Ann <ann@example.net>\nDate: 2026-01-02 03:04\n\
        Repository: https://git.example/proj\nBranch: None\nRevision: d34db33f";
    for (asked, count) in [("list changes", 10), ("list 3 changes", 3), ("list 999 changes", 100)] {
        let given = ci::idle(json!({})).answers(&format!("changes?order=-changeid&limit={count}"), answer.clone());
        assert_eq!(Bot::of(given).told(asked), [format!("#builds: {shown}")], "{asked}");
    }
    let given = ci::idle(json!({})).answers("changes?order=-changeid&limit=100", answer);
    let all = Bot::of(given).told("list all changes").remove(0);
    assert_eq!(all.lines().count(), 10, "three lines of warning: {all}");
}

#[test]
fn status_of_builders() {
    check("status", "`linux`: idle  last build 10 minutes ago, Failure");
    check("status all", "`linux`: idle  last build 10 minutes ago, Failure\n`mac`: offline");
    check("status linux", "`linux`: idle  last build 10 minutes ago, failed: failed compile");
    check("status mac", "`mac`: offline");
    check("status zork", "no such builder 'zork'");
    check("status linux mac", "Try 'status _builder_'.");
    let running = "#builds: `linux`: running: build [#4](https://ci.example/#/builders/80/builds/4) (compiling)";
    assert_eq!(Bot::of(ci::busy(json!({}))).told("status linux"), [running]);
    let none = Bot::new(json!({})).told("status");
    assert_eq!(none, ["#builds: No builder is online: ask for 'status all'."]);
}

#[test]
fn last_builds() {
    check("last", "`linux`: last build failed (10 minutes ago): failed compile");
    let all = "`linux`: last build failed (10 minutes ago): failed compile\n`mac`: no builds run since last restart";
    check("last all", all);
    check("last linux mac", "Try 'last _builder_'.");
    assert_eq!(Bot::new(json!({})).told("last"), ["#builds: No builder is online: ask for 'last all'."]);
    let mut coloured = Bot::of(ci::idle(json!({"useColors": true})));
    let line = "#builds: `linux`: last build \u{3}4failed\u{f} (10 minutes ago): failed compile";
    assert_eq!(coloured.told("last linux"), [line]);
}

#[test]
fn a_watched_build_is_told_of_when_it_ends() {
    let mut bot = Bot::of(ci::busy(json!({})));
    let link = "[#4](https://ci.example/#/builders/80/builds/4)";
    assert_eq!(bot.whispered("watch linux"), [format!("Ann: Watching build {link} of `linux` until it finishes...")]);
    assert_eq!(bot.told("watch linux").len(), 1);
    assert_eq!(bot.told("watch mac"), ["#builds: There are no currently running builds."]);
    assert_eq!(bot.told("watch"), ["#builds: Try 'watch _builder_'."]);
    let ended = a_build("linux").id(22).number(4).results(Results::Success).finished();
    let line = format!("Build {link} of `linux` completed successfully.");
    assert_eq!(bot.hears(&ended), [format!("#builds: {line}"), format!("ann: {line}")]);
    assert!(bot.hears(&ended).is_empty(), "it is forgotten");
}

#[test]
fn it_speaks_of_itself() {
    check("version", &format!("This is campanile-{} at your service", env!("CARGO_PKG_VERSION")));
    check("source", "I am the bot of Acme CI, which is at https://ci.example/");
    let mut bot = Bot::new(json!({}));
    assert_eq!(bot.told("hello"), bot.told("hello"), "the same call has the same answer");
    assert_eq!(bot.told("destroy linux"), ["#builds: * readies phasers"]);
    assert_eq!(bot.told("destroy BB"), ["#builds: Better destroy yourself, Ann!"]);
    assert_eq!(bot.told("hustle"), ["#builds: * does the hustle"]);
}

#[test]
fn a_dance_takes_five_lines_and_five_seconds() {
    let mut bot = Bot::new(json!({}));
    assert!(bot.told("dance").is_empty());
    let (mut lines, mut waited) = (0, 0);
    while let Some((key, wait)) = bot.wakes.first().cloned() {
        waited += wait;
        lines += bot.woken(&key).len();
    }
    assert_eq!((lines, waited), (5, 5_000));
    assert!(bot.woken("dance 9 #builds").is_empty() && bot.woken("zork").is_empty());
}

#[test]
fn what_is_done_to_it_it_does_too() {
    let mut bot = Bot::new(json!({}));
    assert_eq!(bot.done_to("kicks bb"), ["#builds: * kicks back"]);
    assert_eq!(bot.done_to("threatens BB!"), ["#builds: * hosts a red wedding for Ann"]);
    assert_eq!(bot.done_to("gently hugs bb, smiling"), ["#builds: * hugs Ann too"]);
    assert!(bot.done_to("bb").is_empty() && bot.done_to("eats bbq").is_empty());
}

#[test]
fn muted_it_says_nothing_until_it_may() {
    let mut bot = Bot::new(json!({"notify_events": ["finished"]}));
    let refusal =
        "#builds: Only channel operators or explicitly allowed users can mute me here, Ann... Blah, blah, blah...";
    assert_eq!(bot.told("mute"), [refusal]);
    assert_eq!(bot.told_by_op("mute"), ["#builds: Shutting up for now."]);
    assert!(bot.told("hello").is_empty());
    assert!(bot.hears(&a_build("linux").finished()).is_empty());
    assert_eq!(bot.whispered("version").len(), 1, "elsewhere it speaks");
    assert_eq!(bot.told_by_op("unmute"), ["#builds: I'm baaaaaaaaaaack!"]);
    let thanks = "#builds: No one had told me to be quiet, but it's the thought that counts, right?";
    assert_eq!(bot.told_by_op("unmute"), [thanks]);
    assert_eq!(bot.whispered("mute"), ["Ann: Shutting up for now."]);
}

#[test]
fn channels_are_entered_and_left() {
    let mut bot = Bot::new(json!({"authz": {"join leave": true}, "notify_events": ["finished"]}));
    bot.enters("join #More", "join #more");
    bot.enters("join #locked key", "join #locked key");
    for wrong in ["join", "join #a b c", "join #a :b", "leave #a #b"] {
        let answer = bot.told(wrong).remove(0);
        assert!(answer.starts_with("#builds: Try '"), "{answer}");
    }
    assert_eq!(bot.told("join more"), ["#builds: 'more' is no channel."]);
    assert_eq!(bot.told("join '#a,#b'"), ["#builds: '#a,#b' is no channel."]);
    assert_eq!(bot.hears(&a_build("linux").finished()).len(), 3, "notices go to each channel");
    assert_eq!(bot.told("leave #locked"), ["leave #locked"]);
    assert_eq!(bot.told("leave"), ["leave #builds"]);
    let told = bot.hears(&a_build("linux").number(2).finished());
    assert!(told.len() == 1 && told[0].starts_with("#more: "), "{told:?}");
    assert_eq!(bot.hears(&present(PresenceChange::Connected)), ["join #more"], "what was left stays left");
    assert_eq!(bot.hears(&a_build("linux").number(3).finished()).len(), 1);
    assert!(bot.hears(&present(PresenceChange::Joined("#builds".into()))).is_empty());
    assert_eq!(bot.hears(&a_build("linux").number(4).finished()).len(), 2, "the host has started anew");
}

#[test]
fn nothing_is_said_in_a_channel_that_was_left() {
    let mut bot = Bot::of(ci::busy(json!({"authz": {"join leave": true}})));
    bot.told("watch linux");
    bot.told("leave");
    let ended = a_build("linux").id(22).number(4).results(Results::Success).finished();
    assert!(bot.hears(&ended).is_empty(), "it would be entered again");
    assert!(bot.told("hello").is_empty());
    assert_eq!(bot.whispered("join #builds"), ["join #builds"]);
    let (key, _) = bot.receipts.remove(0);
    assert!(bot.ended(&key, Outcome::Done, "").is_empty());
    assert_eq!(bot.told("hello").len(), 1);
}

#[test]
fn a_channel_with_a_key_is_entered_again_with_it() {
    let mut bot = Bot::new(json!({"authz": {"join leave": true}}));
    bot.enters("join #locked sesame", "join #locked sesame");
    assert_eq!(bot.hears(&present(PresenceChange::Connected)), ["join #locked sesame"]);
    bot.told("leave #locked");
    assert!(bot.hears(&present(PresenceChange::Connected)).is_empty());
}

#[test]
fn who_asked_is_told_why_a_channel_was_not_entered() {
    let mut bot = Bot::new(json!({"authz": {"join leave": true}, "notify_events": ["finished"]}));
    assert_eq!(bot.told("join #locked wrong"), ["join #locked wrong"]);
    let (key, _) = bot.receipts.remove(0);
    assert!(!key.contains("wrong"), "{key}");
    let said = bot.ended(&key, Outcome::Refused, "475 Cannot join channel (+k)");
    assert_eq!(said, ["leave #locked", "#builds: I can't: 475 Cannot join channel (+k)"]);
    assert_eq!(bot.hears(&a_build("linux").finished()).len(), 1, "it is not there");
    assert!(bot.hears(&present(PresenceChange::Connected)).is_empty());
}

fn present(change: PresenceChange) -> Event {
    let presence = ChatPresence { connection: "irc".into(), me: "bb".into(), change };
    Event { seq: 1, topic: "presence".into(), at: 100, body: EventBody::Presence(presence) }
}

#[test]
fn in_channels_it_can_give_notice() {
    let mut bot = Bot::new(json!({"noticeOnChannel": true}));
    assert_eq!(bot.told("zork!"), ["#builds: -What you say!-"]);
    assert_eq!(bot.hears(&a_chat_message("Bob", None, "zork!")), ["Bob: What you say!"]);
}
