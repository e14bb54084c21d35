//! Bad input: nothing of it gets into what the bot says but as text.

use campanile_sdk::contract::Effect;
use campanile_sdk::contract::Message;
use campanile_sdk::contract::Outcome;
use campanile_sdk::contract::Results;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::a_chat_message;
use serde_json::json;

use super::Bot;
use super::ci;

#[test]
fn control_characters_stay_outside() {
    let mut bot = Bot::new(json!({"notify_events": ["started", "finished"]}));
    let evil = "linux\r\nQUIT :bye\u{0}\u{3}4\u{202e}";
    let start = bot.hears(&a_build(evil).started()).remove(0);
    assert!(start.contains("of `linux QUIT :bye 4` started."), "{start:?}");
    let end = bot.hears(&a_build("x").state("a\nJOIN 0\r\u{7}b").results(Results::Failure).finished()).remove(0);
    assert!(end.ends_with("failed: a JOIN 0 b"), "{end:?}");
    let zork = bot.told("zork\u{1}\rQUIT\u{2}").remove(0);
    assert!(zork.starts_with("#builds: I don't get this 'zorkQUIT'...\n"), "{zork:?}");
    let status = bot.told("status \"a\u{1}b\nc\"").remove(0);
    assert_eq!(status, "#builds: no such builder 'abc'");
}

#[test]
fn what_is_too_long_is_repeated_in_part() {
    let mut bot = Bot::of(ci::busy(json!({"allowForce": true, "notify_events": ["finished"]})));
    let long = "x".repeat(5_000);
    for text in
        [long.clone(), format!("status {long}"), format!("help {long}"), format!("force build --branch=';{long}' a")]
    {
        let answer = bot.told(&text).remove(0);
        assert!(answer.len() < 1_000, "{} bytes", answer.len());
    }
    let end = bot.hears(&a_build("linux").state(&long).results(Results::Failure).finished()).remove(0);
    assert!(end.len() < 1_000, "{} bytes", end.len());
    bot.told(&format!("force build linux {long}"));
    assert_eq!(bot.asked.len(), 1, "a long reason is a reason");
}

#[test]
fn what_is_kept_has_an_end() {
    let mut bot = Bot::new(json!({}));
    let mut refused = 0;
    for number in 0..400 {
        let said = bot.hears(&a_chat_message(&format!("user{number}"), None, "notify on"));
        refused += usize::from(said[0].contains("I can't remember"));
    }
    assert_eq!(refused, 350, "nicks are anybody's");
    assert_eq!(bot.hears(&a_build("linux").finished()).len(), 50);
    assert_eq!(bot.told_by_op("notify on"), ["#builds: The following events are being notified: finished, started."]);
    let mut named = Bot::new(json!({"authz": {"hello": ["bob"]}, "pm_to_nicks": ["Ann"]}));
    for number in 0..60 {
        named.hears(&a_chat_message(&format!("user{number}"), None, "mute"));
    }
    for nick in ["Ann", "Bob"] {
        let said = named.hears(&a_chat_message(nick, None, "notify on"));
        assert_eq!(said, [format!("{nick}: The following events are being notified: finished, started.")]);
    }
}

#[test]
fn a_stranger_who_is_gone_is_forgotten() {
    let mut bot = Bot::new(json!({"pm_to_nicks": ["Bob"]}));
    bot.hears(&a_chat_message("Eve", None, "notify on finished"));
    bot.hears(&a_chat_message("Bob", None, "notify on finished"));
    let ended = |number| a_build("linux").number(number).finished();
    let effects = bot.given.effects::<crate::Irc>(&ended(1));
    let asked: Vec<&str> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Deliver(delivery) if delivery.receipt => Some(delivery.key.as_str()),
            _ => None,
        })
        .collect();
    let [key] = asked[..] else { panic!("{asked:?}") };
    bot.ended(key, Outcome::Done, "");
    assert_eq!(bot.hears(&ended(1)).len(), 2);
    bot.ended(key, Outcome::Refused, "401 No such nick");
    assert!(bot.hears(&ended(2))[0].starts_with("bob: "));
    assert_eq!(bot.hears(&ended(3)).len(), 1);
}

#[test]
fn lines_to_one_place_share_a_lane() {
    let given = super::Given::settings(super::with(json!({"notify_events": ["finished"], "pm_to_nicks": ["Bob"]})));
    let effects = given.effects::<crate::Irc>(&a_build("linux").finished());
    let lanes: Vec<(&str, &str)> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Deliver(delivery) => match &delivery.message {
                Message::Irc(action) => Some((delivery.lane.as_deref()?, action.target.as_str())),
                _ => None,
            },
            _ => None,
        })
        .collect();
    assert_eq!(lanes, [("test #builds", "#builds"), ("test bob", "bob")]);
}
