//! What lasts: over restarts of the host and of the server, and with two bots at once.

use super::CHANNEL;
use super::asks;
use super::bot;
use super::builder;
use super::ends;
use super::meet;
use super::server;
use super::starts;
use super::with_bot;
use campanile_tests::Person;
use campanile_tests::Setup;
use serde_json::json;

#[tokio::test]
async fn a_watched_build_is_told_of_after_a_restart() {
    let server = server().await;
    let (mut ann, host) = meet(&server, &with_bot(server.port, "")).await;
    starts(&host, "linux").await;
    assert!(asks(&mut ann, "watch linux").await.starts_with("Watching build [#1]("));
    let host = host.stop().await.start().await;
    ann.until(&format!("JOIN {CHANNEL}")).await;
    ends(&host, "linux", (2, "failed compile")).await;
    let told = ann.hears("bb").await;
    assert!(told.text.ends_with("of `linux` failed: failed compile"), "{told:?}");
    host.settle().await;
}

#[tokio::test]
async fn a_build_that_ends_while_the_bot_is_away_is_told_of_when_it_is_back() {
    let server = server().await;
    let (mut ann, host) = meet(&server, &with_bot(server.port, "lostDelay = 1")).await;
    starts(&host, "linux").await;
    asks(&mut ann, "watch linux").await;
    ann.send("OPER", &["god", "god"]);
    ann.until(" 381 ").await;
    ann.send("KILL", &["bb", "away with it"]);
    ann.until(":bb!").await;
    ends(&host, "linux", (0, "build successful")).await;
    let told = ann.hears("bb").await;
    assert!(told.text.ends_with("of `linux` completed successfully."), "{told:?}");
    host.settle().await;
}

#[tokio::test]
async fn what_was_switched_on_and_off_lasts() {
    let server = server().await;
    let (mut ann, host) = meet(&server, &with_bot(server.port, "notify_events = [\"finished\"]")).await;
    assert_eq!(asks(&mut ann, "notify off finished").await, "No events are being notified.");
    let answer = ann.ask("bb", "notify on failure").await;
    assert_eq!(answer, "The following events are being notified: failure.");
    let host = host.stop().await.start().await;
    ann.until(&format!("JOIN {CHANNEL}")).await;
    assert_eq!(asks(&mut ann, "notify list").await, "No events are being notified.");
    starts(&host, "linux").await;
    ends(&host, "linux", (2, "failed compile")).await;
    assert_eq!(ann.hears("bb").await.target, "ann", "not in the channel");
    host.settle().await;
}

#[tokio::test]
async fn a_build_that_was_asked_for_is_followed_over_a_restart() {
    let server = server().await;
    let (mut ann, host) = meet(&server, &with_bot(server.port, "allowForce = true")).await;
    builder(&host, "linux", Some("w-1")).await;
    let answer = asks(&mut ann, "force build --props=a=b --branch=topic linux why not").await;
    assert_eq!(answer, "Force build successfully requested.");
    let properties = host.get("buildsets/1/properties").await["properties"][0].clone();
    assert_eq!(properties["a"], json!(["b", "Force Build Chat"]));
    assert_eq!(properties["owner"], json!(["ann on #builds", "Force Build Chat"]));
    let set = host.get("buildsets/1").await["buildsets"][0].clone();
    assert_eq!(set["reason"], "forced: by ann on #builds: why not");
    assert_eq!(set["sourcestamps"][0]["branch"], "topic");
    let host = host.stop().await.start().await;
    ann.until(&format!("JOIN {CHANNEL}")).await;
    starts(&host, "linux").await;
    assert!(ann.hears("bb").await.text.ends_with("of `linux` started."));
    let host = host.stop().await.start().await;
    ann.until(&format!("JOIN {CHANNEL}")).await;
    ends(&host, "linux", (0, "build successful")).await;
    assert!(ann.hears("bb").await.text.ends_with("of `linux` completed successfully."));
    host.settle().await;
}

#[tokio::test]
async fn channels_that_were_entered_are_entered_again() {
    let server = server().await;
    let (mut ann, host) = meet(&server, &with_bot(server.port, "authz = {\"*\" = true}")).await;
    ann.enter("#more").await;
    ann.say(CHANNEL, "bb: join #more");
    ann.until("JOIN #more").await;
    let host = host.stop().await.start().await;
    ann.until("JOIN #more").await;
    ann.say("#more", "bb: leave");
    ann.until("PART #more").await;
    host.settle().await;
}

#[tokio::test]
async fn what_was_not_said_in_time_is_told_of_by_one_line() {
    let mut server = server().await;
    let settings = "notify_events = [\"finished\"]\nlostDelay = 1\nfailedDelay = 1";
    let (_ann, mut host) = meet(&server, &with_bot(server.port, settings)).await;
    server.kill().await.expect("it ends");
    host.chat(|state| state["state"] == "down").await;
    for _ in 0..2 {
        starts(&host, "linux").await;
        ends(&host, "linux", (0, "build successful")).await;
    }
    host.rendered().await;
    host.may_owe();
    let setup = host.stop().await;
    // Half an hour later.
    let database = rusqlite::Connection::open(setup.folder().join("campanile.db")).expect("a database");
    let expired = database.execute("UPDATE deliveries SET expires_at = 1, due_at = 1 WHERE settled_at IS NULL", []);
    assert_eq!(expired.expect("it is written"), 2);
    drop(database);
    server.start_again().await.expect("it starts");
    let mut ann = Person::join(server.port, "ann", &[CHANNEL]).await;
    let host = setup.start().await;
    let told = ann.hears("bb").await;
    let line = "while I was away 2 messages were not said";
    assert_eq!((told.target.as_str(), told.text.as_str()), (CHANNEL, line));
    // As the page says.
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reporters/irc.md");
    assert!(std::fs::read_to_string(page).expect("the page").contains(&format!("    {line}\n")));
    starts(&host, "linux").await;
    ends(&host, "linux", (0, "build successful")).await;
    assert!(ann.hears("bb").await.text.ends_with("completed successfully."));
    host.settle().await;
}

#[tokio::test]
async fn two_bots_do_not_meddle_with_each_other() {
    let server = server().await;
    let setup = bot(Setup::default(), server.port, ("bb", "notify_events = [\"finished\"]"));
    let setup = bot(setup, server.port, ("cc", "wording = \"0.8\""));
    let mut ann = Person::join(server.port, "ann", &[CHANNEL]).await;
    let host = setup.start().await;
    ann.until(&format!("JOIN {CHANNEL}")).await;
    ann.until(&format!("JOIN {CHANNEL}")).await;
    ann.say(CHANNEL, "cc: notify on started");
    assert_eq!(ann.hears("cc").await.text, "The following events are being notified: started.");
    starts(&host, "linux").await;
    assert_eq!(ann.hears("cc").await.text, "build #1 of linux started, including []");
    ends(&host, "linux", (0, "build successful")).await;
    assert!(ann.hears("bb").await.text.ends_with("completed successfully."));
    assert!(ann.ask("bb", "version").await.starts_with("This is campanile-"));
    assert!(ann.ask("cc", "version").await.starts_with("This is campanile-"));
    host.settle().await;
}
