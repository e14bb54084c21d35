//! Who may use which command.

use campanile_sdk::contract::Event;
use campanile_sdk::contract::EventBody;
use campanile_sdk::testing::a_chat_message;
use serde_json::Value;
use serde_json::json;

use super::Bot;
use super::ci;

/// Somebody, with an account or without.
fn from(nick: &str, account: Option<&str>, text: &str) -> Event {
    let mut event = a_chat_message(nick, None, text);
    if let EventBody::Chat(message) = &mut event.body {
        message.account = account.map(str::to_owned);
    }
    event
}

/// The commands of these that Ann may use, whose account is `ann-o`.
fn allowed(authz: Value) -> Vec<&'static str> {
    let may = |command: &&&str| {
        let mut bot = Bot::of(ci::idle(json!({"authz": authz})));
        let said = bot.hears(&from("Ann", Some("ann-o"), command));
        said != ["Ann: Thou shall not pass, Ann!!!"]
    };
    ["force", "stop", "shutdown", "join", "leave", "hello", "notify"].iter().filter(may).copied().collect()
}

#[test]
fn what_is_dangerous_must_be_written() {
    assert_eq!(allowed(json!({})), ["hello", "notify"]);
    assert_eq!(allowed(json!({"!": true})), ["force", "stop", "shutdown", "join", "leave", "hello", "notify"]);
    assert_eq!(allowed(json!({"": ["bob"]})), [""; 0]);
    assert_eq!(allowed(json!({"": ["bob", "ann"], "!": false})), ["hello", "notify"]);
    assert_eq!(allowed(json!({"Force, stop": ["ANN"], "notify": false})), ["force", "stop", "hello"]);
    assert_eq!(
        allowed(json!({"*": "ann", "force": ["bob"]})),
        ["stop", "shutdown", "join", "leave", "hello", "notify"]
    );
    assert_eq!(allowed(json!({"*": false, "!": true, "": true, "hello": true})), ["hello"]);
}

#[test]
fn an_account_is_more_than_a_nick() {
    assert_eq!(allowed(json!({"force": ["account:ann-o"]})), ["force", "hello", "notify"]);
    let mut bot = Bot::of(ci::idle(json!({"authz": {"force": ["account:ann-o"]}})));
    let refused = ["ann-o: Thou shall not pass, ann-o!!!"];
    assert_eq!(bot.hears(&from("ann-o", None, "force build linux")), refused);
    assert_eq!(bot.hears(&from("ann-o", Some("mallory"), "force build linux")), refused);
    let nick = from("account:ann-o", None, "force build linux");
    assert!(bot.hears(&nick)[0].contains("Thou shall not pass"));
}

#[test]
fn the_older_settings_say_it_too() {
    let mut bot = Bot::of(ci::idle(json!({"allowForce": true, "allowShutdown": false})));
    assert!(bot.whispered("force build linux").is_empty());
    assert_eq!(bot.asked.len(), 1);
    assert_eq!(bot.whispered("shutdown check"), ["Ann: Thou shall not pass, Ann!!!"]);
    assert_eq!(bot.whispered("stop build"), ["Ann: Try 'stop build _which_ _reason_'."]);
}
