//! Connections that are lost: thrown out, killed, split; and what becomes of what was to be said meanwhile.

use super::BOT;
use super::server;
use campanile_tests::Person;
use campanile_tests::Setup;
use campanile_tests::finished_build;
use campanile_tests::ngircd::IrcOptions;
use campanile_tests::ngircd::RealIrc;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;

fn is_down(state: &Value) -> bool {
    state["state"] == "down"
}

fn is_up(state: &Value) -> bool {
    state["state"] == "connected"
}

#[tokio::test]
async fn who_is_thrown_out_comes_in_again() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    let told = format!("{BOT}presence = \"ada\"\n");
    let host = Setup::default().chat("chat", server.port, &told).start().await;
    for expected in ["connected as bot", "joined #builds as bot"] {
        assert_eq!(ada.hears("bot").await.text, expected);
    }
    ada.send("KICK", &["#builds", "bot", "be quiet"]);
    for expected in ["removed #builds as bot", "joined #builds as bot"] {
        assert_eq!(ada.hears("bot").await.text, expected);
    }
    ada.say("#builds", "bot: hello");
    assert!(ada.hears("bot").await.text.ends_with("hello"));
    host.settle().await;
}

#[tokio::test]
async fn who_is_killed_comes_back() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    let host = Setup::default().chat("chat", server.port, BOT).start().await;
    ada.until("JOIN #Builds").await;
    ada.send("OPER", &["god", "god"]);
    ada.until(" 381 ").await;
    ada.send("KILL", &["bot", "out"]);
    ada.until("JOIN #Builds").await;
    assert!(ada.ask("bot", "hello").await.ends_with("hello"));
    host.settle().await;
}

#[tokio::test]
async fn what_is_owed_while_the_server_is_away_is_said_when_it_is_back() {
    let mut server = server().await;
    let announcing = format!("{BOT}announce = [\"#builds\"]\nlost_ms = 10\nfailed_ms = 100\n");
    let host = Setup::default().chat("chat", server.port, &announcing).start().await;
    host.chat(is_up).await;
    server.kill().await.expect("it ends");
    host.chat(is_down).await;
    for _ in 0..3 {
        host.finished_build("linux", 0).await;
    }
    host.rendered().await;
    server.start_again().await.expect("it starts");
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    host.settle().await;
    let deliveries = host.deliveries().await;
    assert!(deliveries.iter().all(|one| one["state"] == "delivered" && one["tries"] == 1), "{deliveries:#?}");
    ada.say("#builds", "bot: hello");
    while !ada.hears("bot").await.text.ends_with("hello") {}
    host.settle().await;
}

#[tokio::test]
async fn what_has_expired_meanwhile_ends_in_one_line_also_over_a_restart() {
    let mut server = server().await;
    let announcing = format!("{BOT}announce = [\"#builds\", \"#other\"]\nlost_ms = 10\nfailed_ms = 100\n");
    let setup = Setup::default().chat("chat", server.port, &announcing);
    server.kill().await.expect("it ends");
    let mut host = setup.start().await;
    host.chat(is_down).await;
    for _ in 0..17 {
        host.finished_build("linux", 0).await;
    }
    host.rendered().await;
    host.may_owe();
    let setup = host.stop().await;
    expire(&setup);
    server.start_again().await.expect("it starts");
    let mut ada = Person::join(server.port, "ada", &["#builds", "#other"]).await;
    let host = setup.start().await;
    for _ in 0..2 {
        assert_eq!(ada.hears("bot").await.text, "while I was away 17 messages were not said");
    }
    host.settle().await;
    let of = |state: &str, deliveries: &[Value]| deliveries.iter().filter(|one| one["state"] == state).count();
    let deliveries = host.deliveries().await;
    assert_eq!((of("expired", &deliveries), of("delivered", &deliveries)), (34, 2), "{deliveries:#?}");
}

#[tokio::test]
async fn what_is_owed_expires_in_pieces_also_while_the_server_is_away() {
    let mut server = server().await;
    let names: Vec<String> = (0..10).map(|number| format!("#c{number}")).collect();
    let announcing = format!("{BOT}announce = {names:?}\nlost_ms = 10\nfailed_ms = 100\nttl = 1\n");
    let host = Setup::default().chat("chat", server.port, &announcing).start().await;
    host.chat(is_up).await;
    server.kill().await.expect("it ends");
    host.chat(is_down).await;
    for _ in 0..30 {
        host.finished_build("linux", 0).await;
    }
    host.rendered().await;
    let count = |state: &str| -> i64 {
        let count = "SELECT count(*) FROM deliveries WHERE state = ?";
        host.database().query_row(count, [state], |row| row.get(0)).expect("a count")
    };
    host.chat(|state| is_down(state) && count("expired") == 300).await;
    assert_eq!(count("ready"), 10, "one line for each channel");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    server.start_again().await.expect("it starts");
    let mut ada = Person::join(server.port, "ada", &names).await;
    for _ in 0..10 {
        assert_eq!(ada.hears("bot").await.text, "while I was away 30 messages were not said");
    }
    host.settle().await;
}

/// As if the host had been away for long.
fn expire(setup: &Setup) {
    let path = setup.folder().join("campanile.db");
    let database = rusqlite::Connection::open(path).expect("a database");
    let expired = database.execute("UPDATE deliveries SET expires_at = 1, due_at = 1", []).expect("it is written");
    assert_eq!(expired, 34);
}

#[tokio::test]
async fn two_bots_on_two_sides_of_a_split_find_their_users_again() {
    let peer = |name: &str, port: u16| {
        format!("[Server]\nName = {name}\nHost = 127.0.0.1\nPort = {port}\nMyPassword = pw\nPeerPassword = pw\n")
    };
    let options = IrcOptions {
        name: Some("one.example.test".into()),
        more: peer("two.example.test", 1).replace("Port = 1\n", ""),
        ..IrcOptions::default()
    };
    let mut one = RealIrc::start(options).await.expect("a server");
    let options = IrcOptions {
        name: Some("two.example.test".into()),
        more: peer("one.example.test", one.port),
        ..IrcOptions::default()
    };
    let two = RealIrc::start(options).await.expect("a server");
    let mut ada = Person::join(two.port, "ada", &["#builds"]).await;
    let left = Setup::default().chat("chat", one.port, &format!("{BOT}failed_ms = 50\n")).start().await;
    let right = Setup::default().chat("chat", two.port, &BOT.replace("bot", "other")).start().await;
    left.chat(is_up).await;
    right.chat(is_up).await;
    // The first is seen as soon as the servers know each other.
    ada.until("bot!").await;
    assert!(ada.ask("bot", "hello").await.ends_with("hello"));
    assert!(ada.ask("other", "hello").await.ends_with("hello"));
    one.kill().await.expect("it ends");
    ada.until("QUIT").await;
    assert!(ada.ask("other", "hello").await.ends_with("hello"));
    one.start_again().await.expect("it starts");
    ada.until("bot!").await;
    assert!(ada.ask("bot", "hello").await.ends_with("hello"));
    left.settle().await;
    right.settle().await;
}

#[tokio::test]
async fn a_host_that_stops_says_goodbye() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    let host = Setup::default().chat("chat", server.port, BOT).start().await;
    ada.until("JOIN #Builds").await;
    host.stop().await;
    assert!(ada.until("QUIT").await.contains("The host is stopped"));
}

#[tokio::test]
async fn a_server_that_says_nothing_any_more_is_left() {
    let server = server().await;
    // Long enough to be seen.
    let lost = format!("{BOT}lost_ms = 1000\n");
    let setup = Setup::default().chat("chat", server.port, &lost).tuned(|tuning| {
        tuning.chat_times.quiet = Duration::from_millis(300);
        tuning.chat_times.answer = Duration::from_secs(2);
    });
    let host = setup.start().await;
    let since = host.chat(is_up).await["since_ms"].clone();
    server.pause(true);
    // Down, or tried again already: either says why it was lost.
    let state = host.chat(|state| !is_up(state)).await;
    assert!(state["reason"].as_str().is_some_and(|why| why.contains("did not answer")), "{state}");
    server.pause(false);
    let state = host.chat(|state| state["channels"] == json!(["#Builds"])).await;
    assert_ne!(state["since_ms"], since);
}

#[tokio::test]
async fn nothing_is_said_twice_when_the_host_is_killed() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    let announcing = format!("{BOT}announce = [\"#builds\"]\n");
    let setup = Setup::default().chat("chat", server.port, &announcing);
    for round in 0..3 {
        let host = campanile_tests::ProcessHost::start(&setup).await;
        ada.until("JOIN #Builds").await;
        let builder = host.post("updates/findBuilderId", &json!({"name": "linux"})).await["result"].as_i64();
        host.post("updates", &finished_build(builder.expect("an id"), 0)).await;
        let mut heard = ada.hears("bot").await.text;
        // The one before may have been cut off as far as anybody knows.
        if heard == "while I was away 1 message may have been cut off" {
            heard = ada.hears("bot").await.text;
        }
        assert!(heard.starts_with(&format!("build {}", round + 1)), "{heard}");
        host.kill().await;
        ada.until("QUIT").await;
    }
}
