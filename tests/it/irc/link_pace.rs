//! How fast lines go, and who waits for whom; on a server that takes down every line.

use campanile_tests::Person;
use campanile_tests::ScriptedIrc;
use campanile_tests::Setup;
use std::time::Duration;

use super::server;

/// Nothing comes for so long: nothing will.
const QUIET: Duration = Duration::from_millis(400);

/// Four lines at once, and then none for as long as a test takes.
const FOUR: &str = "nick = \"bot\"\nburst = 4\ninterval_ms = 60000\n";

#[tokio::test]
async fn a_long_answer_to_one_holds_up_nobody_else() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &[]).await;
    let mut bob = Person::join(server.port, "bob", &[]).await;
    let paced = "nick = \"bot\"\nburst = 2\ninterval_ms = 100\n";
    let host = Setup::default().chat("chat", server.port, paced).start().await;
    host.chat(|state| state["state"] == "connected").await;
    ada.say("bot", "lines 40");
    assert_eq!(ada.hears("bot").await.text, "line 1");
    let asked = std::time::Instant::now();
    assert!(bob.ask("bot", "hello").await.ends_with("hello"));
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}: behind 39 lines to somebody else", asked.elapsed());
    for number in 2..=40 {
        assert_eq!(ada.hears("bot").await.text, format!("line {number}"));
    }
    host.settle().await;
}

#[tokio::test]
async fn questions_of_strangers_take_no_line_from_what_is_to_be_said() {
    let mut server = ScriptedIrc::start().await;
    let mut host = Setup::default().chat("chat", server.port, FOUR).start().await;
    server.welcome("CHANTYPES=#").await;
    for _ in 0..9 {
        server.say(":eve!e@h PRIVMSG bot :\u{1}VERSION\u{1}").await;
    }
    let asked = server.all_for(QUIET).await;
    assert_eq!(asked.len(), 3, "{asked:?}: one line is kept for what matters");
    server.say(":ada!a@h PRIVMSG bot :say hello").await;
    assert_eq!(server.next().await, "PRIVMSG ada :hello");
    host.may_owe();
}

#[tokio::test]
async fn channels_are_entered_within_the_budget_and_as_many_by_a_line_as_the_server_takes() {
    let mut server = ScriptedIrc::start().await;
    let channels: Vec<String> = (10..30).map(|i| format!("{{name = \"#c{i}\"}}")).collect();
    let settings = format!("{FOUR}channels = [{}]\n", channels.join(", "));
    let mut host = Setup::default().chat("chat", server.port, &settings).start().await;
    server.welcome("CHANTYPES=# TARGMAX=JOIN:3").await;
    let lines = server.all_for(QUIET).await;
    assert_eq!(lines, ["JOIN #c10,#c11,#c12", "JOIN #c13,#c14,#c15", "JOIN #c16,#c17,#c18", "JOIN #c19,#c20,#c21"]);
    host.may_owe();
}

#[tokio::test]
async fn the_question_whether_lines_arrived_is_of_the_budget() {
    let mut server = ScriptedIrc::start().await;
    let mut host = Setup::default().chat("chat", server.port, FOUR).start().await;
    server.welcome("CHANTYPES=#").await;
    let mut said = Vec::new();
    for _ in 0..4 {
        server.say(":ada!a@h PRIVMSG bot :say hello").await;
        said.extend(server.all_for(QUIET).await);
    }
    let questions = said.iter().filter(|line| line.starts_with("PING")).count();
    assert_eq!((said.len() - questions, questions), (2, 2), "{said:?}");
    host.may_owe();
}

#[tokio::test]
async fn whoever_floods_the_bot_neither_ends_it_nor_what_it_has_to_tell() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    let eves =
        futures_util::future::join_all(["eve", "eva", "evi"].map(|nick| Person::join(server.port, nick, &[]))).await;
    let paced =
        "nick = \"bot\"\nchannels = [{name = \"#builds\"}]\nannounce = [\"#builds\"]\nburst = 4\ninterval_ms = 20\n";
    let host = Setup::default().chat("chat", server.port, paced).start().await;
    ada.until("JOIN #builds").await;
    let since = host.chat(|state| state["state"] == "connected").await["since_ms"].clone();
    for round in 0..100 {
        for eve in &eves {
            eve.say("bot", &format!("lines {}", 1 + round % 5));
            eve.say("bot", "\u{1}PING 1\u{1}");
        }
    }
    let told = std::time::Instant::now();
    host.finished_build("linux", 0).await;
    assert!(ada.hears("bot").await.text.starts_with("build 1"));
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    host.settle().await;
    assert_eq!(host.chat(|_| true).await["since_ms"], since, "it was never thrown out");
    drop(eves);
}
