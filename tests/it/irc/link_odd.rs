//! What servers do that one cannot ask them for: old ones, odd ones, and answers that cross each other.

use campanile_tests::ScriptedIrc;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;

use super::BOT;

/// Nothing comes for so long: nothing will.
const QUIET: Duration = Duration::from_millis(300);

fn is_up(state: &Value) -> bool {
    state["state"] == "connected"
}

/// A bot on a server whose lines the test says, in `#builds`.
async fn inside() -> (ScriptedIrc, TestHost) {
    let mut server = ScriptedIrc::start().await;
    let host = Setup::default().chat("chat", server.port, BOT).start().await;
    server.welcome("CHANTYPES=# CASEMAPPING=ascii PREFIX=(ov)@+ CHANMODES=bq,k,l,imnst").await;
    server.until("JOIN #Builds").await;
    server.say(":bot!b@h JOIN #Builds").await;
    server.say(":s 353 bot = #Builds :@ada bot bob").await;
    host.chat(|state| state["channels"] == json!(["#Builds"])).await;
    (server, host)
}

async fn asks(server: &mut ScriptedIrc, who: &str) -> String {
    server.say(&format!(":{who}!a@h PRIVMSG #Builds :bot: me")).await;
    server.until("PRIVMSG").await
}

#[tokio::test]
async fn a_server_that_takes_no_word_about_capabilities_before_the_login_is_logged_in_to() {
    let mut server = ScriptedIrc::start().await;
    let host = Setup::default().chat("chat", server.port, BOT).start().await;
    server.accept().await;
    server.until("CAP LS").await;
    server.say(":s 451 * :You have not registered").await;
    server.until("USER").await;
    server.greet("CHANTYPES=#").await;
    host.chat(is_up).await;
}

#[tokio::test]
async fn ranks_are_what_the_server_says_they_are() {
    let (mut server, host) = inside().await;
    assert!(asks(&mut server, "ada").await.contains("op=true"));
    server.say(":s MODE #Builds -lo ada").await;
    assert!(asks(&mut server, "ada").await.contains("op=false"));
    // Here it silences somebody, and gives no rank to one who is called so.
    server.say(":s MODE #Builds +qo bob ada").await;
    assert!(asks(&mut server, "ada").await.contains("op=true"));
    assert!(asks(&mut server, "bob").await.contains("op=false"));
    server.serves(host.settle()).await;
}

#[tokio::test]
async fn who_is_in_a_channel_is_not_asked_for_at_each_turn() {
    let (mut server, _host) = inside().await;
    for number in 0..20 {
        server.say(&format!(":s MODE #Builds +o stranger{number}")).await;
    }
    assert_eq!(server.all_for(QUIET).await, ["NAMES #Builds"]);
}

#[tokio::test]
async fn who_is_thrown_out_on_the_way_out_stays_out() {
    let (mut server, host) = inside().await;
    server.say(":ada!a@h PRIVMSG bot :leave #Builds").await;
    assert_eq!(server.until("PART").await, "PART #Builds");
    server.say(":ada!a@h KICK #Builds bot :out").await;
    server.say(":s 442 bot #Builds :You're not on that channel").await;
    host.chat(|state| state["channels"] == json!([]) && state["missing"] == json!({})).await;
    server.serves(host.settle()).await;
    assert_eq!(server.all_for(QUIET).await, [""; 0]);
    // What is said there later does not lead it in again, before somebody asks for that.
    server.say(":ada!a@h PRIVMSG bot :tell #Builds hello").await;
    server.say(":ada!a@h PRIVMSG bot :say done").await;
    assert_eq!(server.next().await, "PRIVMSG ada :done");
    server.say(":ada!a@h PRIVMSG bot :join #Builds").await;
    assert_eq!(server.next().await, "JOIN #Builds");
    server.say(":bot!b@h JOIN #Builds").await;
    server.serves(host.settle()).await;
    let dead: Vec<Value> = host.deliveries().await.into_iter().filter(|one| one["state"] == "dead").collect();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0]["reason"], json!("we have left #Builds"));
}

#[tokio::test]
async fn a_channel_that_others_lead_to_is_not_entered_again() {
    let mut server = ScriptedIrc::start().await;
    let settings = format!("{BOT}lost_ms = 10\n");
    let host = Setup::default().chat("chat", server.port, &settings).start().await;
    server.welcome("CHANTYPES=#").await;
    server.until("JOIN #Builds").await;
    server.say(":s 470 bot #Builds ##overflow :Forwarding to another channel").await;
    server.say(":bot!b@h JOIN ##overflow").await;
    server.say(":bot!b@h JOIN #sent").await;
    let state = host.chat(|state| state["channels"] == json!(["##overflow", "#sent"])).await;
    assert!(state["missing"]["#Builds"].as_str().is_some_and(|why| why.starts_with("470")), "{state}");
    server.hang_up();
    server.welcome("CHANTYPES=#").await;
    assert_eq!(server.next().await, "JOIN #Builds");
    assert_eq!(server.all_for(QUIET).await, [""; 0]);
    host.stop().await;
}

#[tokio::test]
async fn what_would_end_a_line_does_not_come_back_in_an_answer() {
    let (mut server, _host) = inside().await;
    server.say("PING :a\rQUIT :b\0c").await;
    assert_eq!(server.next().await, "PONG :aQUIT :bc");
    server.say("PING :d").await;
    assert_eq!(server.next().await, "PONG :d");
}

#[tokio::test]
async fn what_is_said_too_fast_to_too_many_is_said_later() {
    let mut server = ScriptedIrc::start().await;
    let setup = Setup::default().schedule(&[0, 200, 3_600_000]);
    let host = setup.chat("chat", server.port, "nick = \"bot\"\n").start().await;
    server.welcome("CHANTYPES=#").await;
    server.confirms = false;
    server.say(":ada!a@h PRIVMSG bot :say hello").await;
    assert_eq!(server.next().await, "PRIVMSG ada :hello");
    let question = server.until("PING").await;
    server.say(":s 439 bot ada :Target change too fast. Please wait 2 seconds.").await;
    server.say(&format!(":s PONG s {}", question.trim_start_matches("PING "))).await;
    server.confirms = true;
    assert_eq!(server.next().await, "PRIVMSG ada :hello");
    server.serves(host.settle()).await;
    let one = &host.deliveries().await[0];
    assert_eq!(
        (&one["state"], &one["tries"], &one["attempts"][0]["status"]),
        (&json!("delivered"), &json!(2), &json!(439))
    );
}

#[tokio::test]
async fn what_was_cut_off_is_counted_when_the_connection_is_back() {
    let mut server = ScriptedIrc::start().await;
    let settings = "nick = \"bot\"\nburst = 1\ninterval_ms = 60000\nlost_ms = 10\n";
    let host = Setup::default().chat("chat", server.port, settings).start().await;
    server.welcome("CHANTYPES=#").await;
    server.confirms = false;
    server.say(":ada!a@h PRIVMSG bot :lines 2").await;
    assert_eq!(server.next().await, "PRIVMSG ada :line 1");
    server.hang_up();
    server.confirms = true;
    server.welcome("CHANTYPES=#").await;
    assert_eq!(server.next().await, "PRIVMSG ada :while I was away 1 message may have been cut off");
    server.serves(host.settle()).await;
}

#[tokio::test]
async fn what_was_heard_is_written_down_as_soon_as_the_disk_takes_it() {
    let (mut server, host) = inside().await;
    let until = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_millis() + 500;
    let database = rusqlite::Connection::open(host.setup.folder().join("campanile.db")).expect("a database");
    let failing = format!(
        "CREATE TRIGGER full BEFORE INSERT ON inbox WHEN (julianday('now') - 2440587.5) * 86400000 < {until}
         BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    );
    database.execute_batch(&failing).expect("a trigger");
    assert!(asks(&mut server, "ada").await.contains("said to bot #builds"));
    assert!(campanile_tests::logged().contains("what was heard in a chat is not written down yet"));
    server.serves(host.settle()).await;
}

#[tokio::test]
async fn what_is_never_answered_ends() {
    let mut server = ScriptedIrc::start().await;
    let setup = Setup::default().tuned(|tuning| {
        tuning.chat_times.answer = Duration::from_millis(200);
        tuning.chat_times.confirm = Duration::from_millis(200);
    });
    let host = setup.chat("chat", server.port, BOT).start().await;
    server.welcome("CHANTYPES=#").await;
    server.until("JOIN #Builds").await;
    server.say(":bot!b@h JOIN #Builds").await;
    server.say(":ada!a@h PRIVMSG bot :leave #Builds").await;
    server.until("PART #Builds").await;
    server.say(":ada!a@h PRIVMSG bot :join #silent").await;
    server.until("JOIN #silent").await;
    server.confirms = false;
    server.say(":ada!a@h PRIVMSG bot :say hello").await;
    server.until("PING").await;
    server.confirms = true;
    // The line about what may have been cut off.
    let summary = server.until("PRIVMSG ada").await;
    assert_eq!(summary, "PRIVMSG ada :while I was away 1 message may have been cut off");
    let mut host = host;
    host.chat(|state| state["missing"]["#silent"] == "the server did not answer").await;
    host.may_owe();
    host.stop().await;
}
