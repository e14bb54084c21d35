//! Much at once: somebody floods the bot with commands, and it goes on telling others.

use super::CHANNEL;
use super::asks;
use super::ends;
use super::meet;
use super::server;
use super::starts;
use super::with_bot;
use campanile_tests::Person;
use std::time::Duration;
use std::time::Instant;

/// What a person waits for, with much to spare.
const SOON: Duration = Duration::from_secs(15);

#[tokio::test]
async fn who_floods_the_bot_with_commands_keeps_no_notice_from_anybody() {
    let server = server().await;
    let settings = "notify_events = [\"finished\"]";
    // Twenty lines a second: at the usual pace the test would take minutes.
    let setup = with_bot(server.port, settings).edit("floodSeconds = 0\n", "floodSeconds = 0.05\n");
    let (mut ann, host) = meet(&server, &setup).await;
    let since = host.chat(|state| state["state"] == "connected").await["since_ms"].clone();
    let eve = Person::join(server.port, "eve", &[]).await;
    for _ in 0..200 {
        for command in ["help", "commands", "status all", "list all builders", "nonsense", "\u{1}VERSION\u{1}"] {
            eve.say("bb", command);
        }
    }
    let begun = Instant::now();
    starts(&host, "linux").await;
    ends(&host, "linux", (2, "failed compile")).await;
    let told = ann.hears("bb").await;
    assert!(told.target == CHANNEL && told.text.ends_with("failed: failed compile"), "{told:?}");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    let begun = Instant::now();
    assert!(asks(&mut ann, "last linux").await.starts_with("`linux`: last build failed"));
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    host.settle().await;
    assert_eq!(host.chat(|_| true).await["since_ms"], since, "it was never thrown out");
    eve.quit();
}
