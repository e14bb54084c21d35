//! Connections to Debian's ngircd: what is heard, what is said, and how it is refused.

use super::BOT;
use super::server;
use campanile_tests::Person;
use campanile_tests::Setup;
use campanile_tests::ngircd::IrcOptions;
use campanile_tests::ngircd::RealIrc;
use serde_json::json;
use std::time::Duration;
use std::time::Instant;

#[tokio::test]
async fn what_is_said_to_us_is_answered_where_it_was_said() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    let host = Setup::default().chat("chat", server.port, BOT).start().await;
    ada.until("JOIN #Builds").await;
    assert_eq!(ada.ask("bot", "hello").await, "ada said to bot alone account=nobody op=false: hello");
    ada.say("#builds", "this is not for you");
    ada.say("#builds", "BOT: in the channel");
    let heard = ada.hears("bot").await;
    assert_eq!(heard.text, "ada said to bot #builds account=nobody op=true: in the channel");
    assert_eq!((heard.target.as_str(), heard.is_notice), ("#builds", false));
    ada.say("#builds", "\u{1}ACTION pokes bot, gently\u{1}");
    assert!(ada.hears("bot").await.text.ends_with("acted to bot #builds account=nobody op=true: pokes bot, gently"));
    assert_eq!(ada.ask("bot", "act waves").await, "\u{1}ACTION waves\u{1}");
    ada.say("bot", "notice psst");
    assert!(ada.hears("bot").await.is_notice);
    host.settle().await;
}

#[tokio::test]
async fn operators_are_known_as_they_come_and_go() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    let mut bob = Person::join(server.port, "bob", &["#builds"]).await;
    let host = Setup::default().chat("chat", server.port, BOT).start().await;
    ada.until("JOIN #Builds").await;
    let asked = async |who: &mut Person| {
        who.say("#builds", "bot: me");
        who.hears("bot").await.text.contains("op=true")
    };
    assert!(!asked(&mut bob).await);
    ada.send("MODE", &["#builds", "+o", "bob"]);
    bob.until("MODE #builds +o bob").await;
    assert!(asked(&mut bob).await);
    bob.send("NICK", &["bobby"]);
    bob.until("NICK").await;
    ada.send("MODE", &["#builds", "-o", "bobby"]);
    bob.until("MODE #builds -o bobby").await;
    assert!(!asked(&mut bob).await);
    host.settle().await;
}

#[tokio::test]
async fn programs_are_not_answered_but_for_courtesies() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    let host = Setup::default().chat("chat", server.port, BOT).start().await;
    ada.until("JOIN #Builds").await;
    ada.send("NOTICE", &["bot", "hello"]);
    ada.send("NOTICE", &["#builds", "bot: hello"]);
    ada.send("PRIVMSG", &["bot", "\u{1}VERSION\u{1}"]);
    let heard = ada.hears("bot").await;
    assert!(heard.is_notice && heard.text.starts_with("\u{1}VERSION Campanile "), "{heard:?}");
    assert!(ada.ask("bot", "\u{1}PING 123\u{1}").await.contains("PING 123"));
    host.settle().await;
    // Not a line of it came to the plugin.
    assert_eq!(host.deliveries().await.len(), 0);
}

#[tokio::test]
async fn nothing_can_be_injected() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    let host = Setup::default().chat("chat", server.port, BOT).start().await;
    ada.until("JOIN #Builds").await;
    ada.say("bot", "say one\\r\\nQUIT :two\\0\u{1}VERSION\u{1}\\nthree");
    for expected in ["one", "QUIT :twoVERSION", "three"] {
        assert_eq!(ada.hears("bot").await.text, expected);
    }
    ada.say("bot", "tell #builds,ada both");
    ada.say("bot", "leave builds");
    ada.say("bot", "join ada");
    // It is there all the time.
    assert!(ada.ask("bot", "hello").await.ends_with("hello"));
    host.settle().await;
    let dead: Vec<_> =
        host.deliveries().await.iter().filter(|one| one["state"] == "dead").map(|one| one["reason"].clone()).collect();
    assert_eq!(
        dead,
        [
            json!("\"#builds,ada\" is no channel and no nick"),
            json!("\"builds\" is no channel of this server"),
            json!("\"ada\" is no channel of this server")
        ]
    );
}

#[tokio::test]
async fn long_lines_are_split_at_words_and_none_is_cut() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &[]).await;
    let host = Setup::default().chat("chat", server.port, BOT).start().await;
    host.chat(|state| state["state"] == "connected").await;
    ada.say("bot", "long 150");
    let mut words = 0;
    while words < 150 {
        let text = ada.hears("bot").await.text;
        let said = text.split(' ').filter(|word| *word == "wörter").count();
        assert_eq!(said, text.split(' ').count(), "{text}");
        words += said;
    }
    assert_eq!(words, 150);
    host.settle().await;
}

#[tokio::test]
async fn two_hundred_lines_go_at_the_pace_that_is_allowed() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &[]).await;
    let paced = "nick = \"bot\"\nburst = 4\ninterval_ms = 20\n";
    let host = Setup::default().chat("chat", server.port, paced).start().await;
    let since = host.chat(|state| state["state"] == "connected").await["since_ms"].clone();
    let begun = Instant::now();
    ada.say("bot", "flood 20");
    for number in 1..=20 {
        assert_eq!(ada.hears("bot").await.text, format!("line {number}"));
    }
    ada.say("bot", "lines 180");
    for number in 1..=180 {
        assert_eq!(ada.hears("bot").await.text, format!("line {number}"));
    }
    assert!(begun.elapsed() >= Duration::from_millis(190 * 20), "{:?}", begun.elapsed());
    host.settle().await;
    assert_eq!(host.chat(|_| true).await["since_ms"], since, "it was not thrown out");
    assert!(host.deliveries().await.iter().all(|one| one["state"] == "delivered" && one["tries"] == 1));
}

#[tokio::test]
async fn channels_are_entered_when_something_is_said_there_and_left_when_asked() {
    let options = IrcOptions { keyed: vec![("#keyed".into(), "sesame".into())], ..IrcOptions::default() };
    let server = RealIrc::start(options).await.expect("a server");
    let mut ada = Person::join(server.port, "ada", &["#other", "#keyed sesame"]).await;
    let keyed = "nick = \"bot\"\nchannels = [{name = \"#keyed\", key = \"sesame\"}]\n";
    let host = Setup::default().chat("chat", server.port, keyed).start().await;
    ada.until("JOIN #keyed").await;
    ada.say("bot", "tell #other hello");
    ada.until(":bot!").await;
    let heard = ada.hears("bot").await;
    assert_eq!((heard.target.as_str(), heard.text.as_str()), ("#other", "hello"));
    let state = host.chat(|state| state["channels"] == json!(["#keyed", "#other"])).await;
    assert_eq!((&state["nick"], &state["missing"]), (&json!("bot"), &json!({})));
    ada.say("bot", "leave #other it is late");
    ada.until("PART #other :it is late").await;
    host.chat(|state| state["channels"] == json!(["#keyed"])).await;
    ada.say("bot", "leave #keyed");
    ada.until("PART #keyed").await;
    ada.say("bot", "join #keyed wrong");
    ada.say("bot", "tell nobody");
    // What was said before it was heard before it.
    assert!(ada.ask("bot", "hello").await.ends_with("hello"));
    host.settle().await;
    let said: Vec<(String, i64)> = host
        .deliveries()
        .await
        .iter()
        .filter(|one| one["state"] == "dead")
        .map(|one| (one["reason"].to_string(), one["attempts"][0]["status"].as_i64().unwrap_or(0)))
        .collect();
    assert_eq!(said.iter().map(|one| one.1).collect::<Vec<_>>(), [475, 401], "{said:?}");
    assert!(said[0].0.contains("the server refuses it: 475"), "{said:?}");
    let state = host.chat(|_| true).await;
    assert!(state["missing"]["#keyed"].as_str().is_some_and(|why| why.starts_with("475")), "{state}");
}

#[tokio::test]
async fn who_says_more_than_is_answered_is_not_listened_to() {
    let server = server().await;
    let ada = Person::join(server.port, "ada", &[]).await;
    // It does not get on before there is such a builder.
    let busy = "until = \"builders/1\"\n[reporter.settings.chat]\nnick = \"bot\"\npresence = \"ada\"\n";
    let busy = format!("{busy}server = \"127.0.0.1:{}\"\n", server.port);
    let setup = Setup::default().plugins(&["scripted"]).allow(format!("127.0.0.1:{}", server.port));
    let setup = setup.reporter("chat", "scripted", &busy).schedule(&[0, 3_600_000]);
    let mut host = setup.start().await;
    host.troubled().await;
    (0..24).for_each(|number| ada.say("bot", &format!("hello {number}")));
    ada.say("bot", "\u{1}PING last\u{1}");
    let mut ada = ada;
    ada.until("PING last").await;
    host.may_owe();
    let setup = host.stop().await;
    let kept = || -> i64 {
        let path = setup.folder().join("campanile.db");
        let count = "SELECT count(*) FROM inbox WHERE speaker = 'ada'";
        rusqlite::Connection::open(path).expect("a database").query_row(count, [], |row| row.get(0)).expect("a count")
    };
    assert_eq!(kept(), 16);
}
