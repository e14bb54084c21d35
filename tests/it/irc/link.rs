//! Connections to Debian's ngircd: what is heard, what is said, how we come in and come back.

use campanile_tests::Person;
use campanile_tests::Setup;
use campanile_tests::ngircd::IrcOptions;
use campanile_tests::ngircd::RealIrc;

async fn server() -> RealIrc {
    RealIrc::start(IrcOptions::default()).await.expect("a server")
}

const IN_BUILDS: &str = "nick = \"bot\"\nchannels = [{name = \"#Builds\"}]\n";

#[tokio::test]
async fn what_is_said_to_us_is_answered_where_it_was_said() {
    let server = server().await;
    let mut ada = Person::join(server.port, "ada", &["#builds"]).await;
    let host = Setup::default().chat("chat", server.port, IN_BUILDS).start().await;
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
