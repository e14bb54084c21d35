//! One call of the reporter: what it may look at, and what it wants to happen.

use campanile_sdk::contract::Control;
use campanile_sdk::contract::ControlRequest;
use campanile_sdk::contract::DataError;
use campanile_sdk::contract::IrcAction;
use campanile_sdk::contract::IrcVerb;
use campanile_sdk::contract::Timestamp;
use campanile_sdk::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::acts;
use crate::places;
use crate::places::Places;
use crate::places::is_channel;
use crate::places::key;
use crate::settings::Settings;
use crate::subscriptions::CONNECTION;

/// The longest reply, in characters: what is longer nobody reads, and the pace of the network makes it minutes.
const MOST_SAID: usize = 40_000;

/// One call.
pub(crate) struct Call<'a> {
    pub(crate) config: &'a Config<Settings>,
    pub(crate) host: &'a dyn Host,
    pub(crate) now: Timestamp,
    pub(crate) places: Places,
    /// The channel of what was said to us.
    pub(crate) spoken_to_in: Option<String>,
    effects: Vec<Effect>,
    said: usize,
}

impl<'a> Call<'a> {
    pub(crate) fn new(config: &'a Config<Settings>, host: &'a dyn Host, now: Timestamp) -> Self {
        let places = Places::read(host.recall(places::KEY).as_deref());
        Self { config, host, now, places, spoken_to_in: None, effects: Vec::new(), said: 0 }
    }

    pub(crate) fn settings(&self) -> &'a Settings {
        &self.config.settings
    }

    /// Says something in a channel or to somebody, unless it shall be quiet there.
    pub(crate) fn say(&mut self, place: &str, text: impl Into<String>) {
        let is_notice = self.settings().notice_on_channel && is_channel(place);
        let verb = if is_notice { IrcVerb::Notice } else { IrcVerb::Say };
        self.speak(verb, place, &text.into());
    }

    /// Tells of something. Whether it arrived is asked where a stranger would be forgotten otherwise.
    pub(crate) fn tell(&mut self, place: &str, text: impl Into<String>) {
        let before = self.effects.len();
        self.say(place, text);
        if self.places.is_strange(place) {
            let key = acts::told(place, self.said);
            for effect in self.effects.iter_mut().skip(before) {
                if let Effect::Deliver(delivery) = effect {
                    (delivery.key, delivery.receipt) = (key.clone(), true);
                }
            }
        }
    }

    /// Does something, as with `/me`.
    pub(crate) fn act(&mut self, place: &str, text: &str) {
        self.speak(IrcVerb::Act, place, text);
    }

    /// Enters a channel; the receipt says what came of it.
    pub(crate) fn enter(&mut self, key: String, channel: &str, opens: &str) {
        self.deliver(IrcVerb::Join, channel, opens);
        if let Some(Effect::Deliver(delivery)) = self.effects.last_mut() {
            (delivery.key, delivery.receipt) = (key, true);
        }
    }

    /// Enters or leaves a channel.
    pub(crate) fn walk(&mut self, verb: IrcVerb, channel: &str, text: &str) {
        self.deliver(verb, channel, text);
    }

    /// The value that is kept, if there is one and it is as it was written.
    pub(crate) fn recall<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_str(&self.host.recall(key)?).ok()
    }

    pub(crate) fn remember(&mut self, key: impl Into<String>, value: &impl Serialize) {
        let json = serde_json::to_string(value).unwrap_or_else(|_| String::from("null"));
        self.effects.push(Effect::remember(key, json));
    }

    pub(crate) fn forget(&mut self, key: impl Into<String>) {
        self.effects.push(Effect::forget(key));
    }

    pub(crate) fn wake(&mut self, key: impl Into<String>, after_ms: u32) {
        self.effects.push(Effect::wake(key, after_ms));
    }

    /// Asks the CI system for something; the receipt says what came of it.
    pub(crate) fn ask(&mut self, key: impl Into<String>, control: Control) {
        self.effects.push(Effect::Control(ControlRequest { key: key.into(), receipt: true, control }));
    }

    /// Asks the data API. What is not there is no mistake.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, String> {
        let told = |reason: String| format!("{path}: {reason}");
        match self.host.get(path) {
            Ok(json) => serde_json::from_str(&json).map(Some).map_err(|error| told(error.to_string())),
            Err(DataError::NotFound) => Ok(None),
            Err(DataError::Invalid(reason)) => Err(told(reason)),
            Err(DataError::TooLarge) => Err(told(String::from("the answer is too large"))),
        }
    }

    pub(crate) fn into_effects(mut self) -> Vec<Effect> {
        if let Some(json) = self.places.changed() {
            self.effects.push(Effect::remember(places::KEY, json));
        }
        self.effects
    }

    /// What is said in a channel enters it: only where we are meant to be, or were spoken to.
    fn speak(&mut self, verb: IrcVerb, place: &str, text: &str) {
        let is_spoken_to = self.spoken_to_in.as_deref() == Some(place) && !self.places.is_left(place);
        let is_there = !is_channel(place) || is_spoken_to || self.places.is_meant_to_be_in(place, self.settings());
        if is_there && !self.places.is_muted(place) && !text.is_empty() {
            self.deliver(verb, place, &crate::plain::clipped(text, MOST_SAID));
        }
    }

    /// Lines to one place go out one after another.
    fn deliver(&mut self, verb: IrcVerb, place: &str, text: &str) {
        self.said += 1;
        let target = self.places.spelled(place, self.settings());
        let action = IrcAction { connection: String::from(CONNECTION), verb, target, text: text.to_owned() };
        let lane = format!("{} {}", self.config.name, key(place));
        self.effects.push(Delivery::new(format!("line {}", self.said), Message::Irc(action)).lane(lane).into());
    }
}
