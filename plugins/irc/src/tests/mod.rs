//! The bot from the outside: somebody says something, builds happen; expect what it says.

mod chat;
mod ci;
mod control;
mod injected;
mod long;
mod notices;
mod rights;
mod settings;
mod wordings;

use campanile_sdk::contract::ChatManner;
use campanile_sdk::contract::Control;
use campanile_sdk::contract::Effect;
use campanile_sdk::contract::Event;
use campanile_sdk::contract::EventBody;
use campanile_sdk::contract::Message;
use campanile_sdk::contract::Outcome;
use campanile_sdk::contract::Receipt;
use campanile_sdk::contract::Results;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_chat_message;
use campanile_sdk::testing::said;
use serde_json::Value;
use serde_json::json;

use crate::Irc;

/// Where most tests speak.
const CHANNEL: &str = "#builds";

/// A bot over several calls.
struct Bot {
    given: Given,
    /// What the last call asked the CI system for: the key of the request, and what.
    asked: Vec<(String, Control)>,
    /// The deliveries of the last call whose end it asked to be told: their keys, and where they go.
    receipts: Vec<(String, String)>,
    /// The wake-ups that the last call asked for.
    wakes: Vec<(String, u32)>,
}

impl Bot {
    /// In one channel, without colours, with these settings besides.
    fn new(more: Value) -> Self {
        Self::of(Given::settings(with(more)))
    }

    fn of(given: Given) -> Self {
        Self { given, asked: Vec::new(), receipts: Vec::new(), wakes: Vec::new() }
    }

    /// What it says because of an event.
    #[track_caller]
    fn hears(&mut self, event: &Event) -> Vec<String> {
        let effects = self.given.effects::<Irc>(event);
        (self.asked, self.receipts, self.wakes) = (Vec::new(), Vec::new(), Vec::new());
        for effect in &effects {
            match effect {
                Effect::Control(request) => self.asked.push((request.key.clone(), request.control.clone())),
                Effect::Deliver(delivery) if delivery.receipt => {
                    let Message::Irc(action) = &delivery.message else { panic!("{delivery:?}") };
                    self.receipts.push((delivery.key.clone(), action.target.clone()));
                }
                Effect::Wake(wake) => self.wakes.push((wake.key.clone(), wake.after_ms)),
                _ => {}
            }
        }
        let given = std::mem::replace(&mut self.given, Given::settings(json!({})));
        self.given = given.remembers(&effects);
        said(&effects)
    }

    /// Ann says something in the channel.
    #[track_caller]
    fn told(&mut self, text: &str) -> Vec<String> {
        self.hears(&a_chat_message("Ann", Some(CHANNEL), text))
    }

    /// Ann says it, who is an operator of the channel.
    #[track_caller]
    fn told_by_op(&mut self, text: &str) -> Vec<String> {
        let mut event = a_chat_message("Ann", Some(CHANNEL), text);
        if let EventBody::Chat(message) = &mut event.body {
            message.op = true;
        }
        self.hears(&event)
    }

    /// Ann says something in private.
    #[track_caller]
    fn whispered(&mut self, text: &str) -> Vec<String> {
        self.hears(&a_chat_message("Ann", None, text))
    }

    /// Ann does something.
    #[track_caller]
    fn done_to(&mut self, text: &str) -> Vec<String> {
        let mut event = a_chat_message("Ann", Some(CHANNEL), text);
        if let EventBody::Chat(message) = &mut event.body {
            message.manner = ChatManner::Acted;
        }
        self.hears(&event)
    }

    /// What was asked for last has ended so.
    #[track_caller]
    fn answered(&mut self, outcome: Outcome, answer: &str) -> Vec<String> {
        let (key, _) = self.asked.first().cloned().expect("something was asked for");
        self.ended(&key, outcome, answer)
    }

    /// Ann says it, and the server lets the bot in.
    #[track_caller]
    fn enters(&mut self, text: &str, effect: &str) {
        assert_eq!(self.told(text), [effect]);
        let (key, _) = self.receipts.remove(0);
        assert!(self.ended(&key, Outcome::Done, "").is_empty());
    }

    /// The effect with this key has ended so.
    #[track_caller]
    fn ended(&mut self, key: &str, outcome: Outcome, answer: &str) -> Vec<String> {
        let receipt = Receipt { key: key.to_owned(), outcome, status: None, answer: answer.to_owned() };
        self.hears(&Event { seq: 1, topic: String::from("receipt"), at: 100, body: EventBody::Receipt(receipt) })
    }

    #[track_caller]
    fn woken(&mut self, key: &str) -> Vec<String> {
        let body = EventBody::Wake(key.to_owned());
        self.hears(&Event { seq: 1, topic: format!("wake/{key}"), at: 100, body })
    }

    /// The channel is told of a build's end, as it is, or of nothing.
    #[track_caller]
    fn tells_end(&mut self, build: GivenBuild, results: Results) -> bool {
        !self.hears(&build.results(results).finished()).is_empty()
    }
}

/// Settings of a bot in one channel, without colours.
fn with(more: Value) -> Value {
    let mut settings = json!({"host": "irc.example.org", "nick": "bb", "channels": [CHANNEL], "useColors": false});
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    settings
}

/// An event of which the bot reads the topic alone.
fn other(topic: &str) -> Event {
    Event { seq: 1, topic: topic.to_owned(), at: 100, body: EventBody::Other(String::from("{}")) }
}
