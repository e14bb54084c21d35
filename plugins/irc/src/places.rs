//! Where the bot speaks: channels and people, and what each wants to be told, kept from call to call.
//!
//! What the configuration says holds for every channel and for everybody in `pm_to_nicks`; what was said at run time is
//! kept here, and comes on top: switched on, switched off, muted, entered, left.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::occasions::Occasion;
use crate::settings::Channel;
use crate::settings::Settings;

/// What they are kept under.
pub(crate) const KEY: &str = "places";

/// Places with something of their own at most: the value stays below its limit of 256 KiB.
const MOST_PLACES: usize = 300;

/// Of these, people at most: channels always have room.
const MOST_PEOPLE: usize = 100;

/// Of the people, those at most whom nothing in the settings names: a nick is anybody's, and anybody has many.
const MOST_STRANGERS: usize = 50;

/// The longest name of a channel, in bytes.
const LONGEST_NAME: usize = 200;

/// What is special about a place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Switched on besides what the configuration says.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    on: BTreeSet<Occasion>,
    /// Switched off, though the configuration says so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    off: BTreeSet<Occasion>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    muted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    presence: Option<Presence>,
    /// How it is spelled, where its key does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spelling: Option<String>,
    /// Somebody whom nothing in the settings names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    strange: bool,
    /// What opens the channel that was entered at run time.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    opens: String,
}

/// Whose place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A channel, or somebody whom the settings name.
    Known,
    /// Anybody else.
    Stranger,
}

/// Entered or left at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Presence {
    Entered,
    Left,
}

/// All of them, by their keys.
#[derive(Debug, Default)]
pub(crate) struct Places {
    own: BTreeMap<String, Place>,
    changed: bool,
}

/// What the configuration says, by keys.
struct Usual {
    events: BTreeSet<Occasion>,
    channels: BTreeSet<String>,
    people: BTreeSet<String>,
}

/// No place for one more.
#[derive(Debug)]
pub(crate) struct Full;

impl Usual {
    fn new(settings: &Settings) -> Self {
        Self {
            events: settings.events(),
            channels: settings.channels.iter().map(|channel| key(channel.name())).collect(),
            people: settings.pm_to_nicks.iter().map(|nick| key(nick)).collect(),
        }
    }
}

impl Places {
    /// As they were kept.
    pub(crate) fn read(kept: Option<&str>) -> Self {
        let own = kept.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        Self { own, changed: false }
    }

    /// What to keep, if anything changed.
    pub(crate) fn changed(&self) -> Option<String> {
        self.changed.then(|| serde_json::to_string(&self.own).unwrap_or_default())
    }

    /// The place's name as the server has to be told it: the key of a name is another name to servers that fold less.
    pub(crate) fn spelled(&self, place: &str, settings: &Settings) -> String {
        let name = key(place);
        let mut channels = settings.channels.iter().map(Channel::name);
        if let Some(channel) = channels.find(|channel| key(channel) == name) {
            return channel.to_owned();
        }
        if name != place {
            return place.to_owned();
        }
        let person = settings.pm_to_nicks.iter().find(|nick| key(nick) == name).map(|nick| nick.to_ascii_lowercase());
        let own = || self.own.get(&name)?.spelling.clone();
        person.or_else(own).unwrap_or(name)
    }

    pub(crate) fn is_muted(&self, place: &str) -> bool {
        self.own.get(&key(place)).is_some_and(|own| own.muted)
    }

    /// Says whether it was otherwise before.
    pub(crate) fn mute(&mut self, place: (&str, Standing), muted: bool) -> Result<bool, Full> {
        self.change(place, |own| std::mem::replace(&mut own.muted, muted) != muted)
    }

    /// The events that this place is told of.
    pub(crate) fn events(&self, place: &str, settings: &Settings) -> BTreeSet<Occasion> {
        self.told(&key(place), &Usual::new(settings))
    }

    /// Switches events on.
    pub(crate) fn switch_on(&mut self, place: (&str, Standing), events: &[Occasion]) -> Result<(), Full> {
        self.change(place, |own| {
            for event in events {
                own.off.remove(event);
                own.on.insert(event.clone());
            }
        })
    }

    /// Switches events off, also those that the configuration switches on.
    pub(crate) fn switch_off(
        &mut self,
        place: (&str, Standing),
        events: &BTreeSet<Occasion>,
        settings: &Settings,
    ) -> Result<(), Full> {
        let usual = settings.events();
        self.change(place, |own| {
            for event in events {
                own.on.remove(event);
                if usual.contains(event) {
                    own.off.insert(event.clone());
                }
            }
        })
    }

    /// A channel was entered at run time, with what opens it.
    pub(crate) fn enter(&mut self, (channel, opens): (&str, &str), settings: &Settings) -> Result<(), Full> {
        let (presence, opens) = match is_configured(channel, settings) {
            true => (None, ""),
            false => (Some(Presence::Entered), opens),
        };
        self.change((channel, Standing::Known), |own| {
            own.presence = presence;
            opens.clone_into(&mut own.opens);
        })
    }

    /// A channel was left at run time.
    pub(crate) fn leave(&mut self, channel: &str, settings: &Settings) -> Result<(), Full> {
        let presence = if is_configured(channel, settings) { Some(Presence::Left) } else { None };
        self.change((channel, Standing::Known), |own| {
            own.presence = presence;
            own.opens.clear();
        })
    }

    /// Whether it is a channel that we are in, or would be if we could.
    pub(crate) fn is_meant_to_be_in(&self, channel: &str, settings: &Settings) -> bool {
        self.is_within(&key(channel), &Usual::new(settings))
    }

    /// Whether it is somebody whom nothing in the settings names, and who is kept all the same.
    pub(crate) fn is_strange(&self, place: &str) -> bool {
        self.own.get(&key(place)).is_some_and(|own| own.strange)
    }

    /// A stranger is not there any more.
    pub(crate) fn forget_stranger(&mut self, place: &str) {
        if self.is_strange(place) {
            self.own.remove(&key(place));
            self.changed = true;
        }
    }

    /// We are in a channel. One of the configuration that was left was entered by a host that started anew.
    pub(crate) fn joined(&mut self, channel: &str) {
        if self.is_left(channel) {
            // A place that is there takes no new place.
            let _ = self.change((channel, Standing::Known), |own| own.presence = None);
        }
    }

    /// Whether it was left at run time.
    pub(crate) fn is_left(&self, channel: &str) -> bool {
        self.own.get(&key(channel)).is_some_and(|own| own.presence == Some(Presence::Left))
    }

    /// The connection is new: the host enters the channels of the configuration that were not left. Those entered at run
    /// time are these, with what opens them.
    pub(crate) fn entered(&self) -> Vec<(String, String)> {
        let entered = self.own.iter().filter(|(_, own)| own.presence == Some(Presence::Entered));
        entered.map(|(name, own)| (name.clone(), own.opens.clone())).collect()
    }

    /// All who can be told something, with what they are told of.
    pub(crate) fn told_of(&self, settings: &Settings) -> Vec<(String, BTreeSet<Occasion>)> {
        let usual = Usual::new(settings);
        let names: BTreeSet<&String> = usual.channels.iter().chain(&usual.people).chain(self.own.keys()).collect();
        let told = |name: &String| {
            let events = self.told(name, &usual);
            (!events.is_empty() && self.is_within(name, &usual)).then(|| (name.clone(), events))
        };
        names.into_iter().filter_map(told).collect()
    }

    fn has_room(&self, name: &str, standing: Standing) -> bool {
        let people = || self.own.keys().filter(|known| !is_channel(known)).count();
        let strangers = || self.own.values().filter(|own| own.strange).count();
        name.len() <= LONGEST_NAME
            && self.own.len() < MOST_PLACES
            && (is_channel(name) || people() < MOST_PEOPLE)
            && (standing == Standing::Known || strangers() < MOST_STRANGERS)
    }

    fn told(&self, place: &str, usual: &Usual) -> BTreeSet<Occasion> {
        let is_named = is_channel(place) || usual.people.contains(place);
        let events = usual.events.iter().filter(|_| is_named);
        match self.own.get(place) {
            None => events.cloned().collect(),
            Some(own) => events.filter(|event| !own.off.contains(event)).chain(&own.on).cloned().collect(),
        }
    }

    /// Whether it is a person, or a channel that we are in.
    fn is_within(&self, place: &str, usual: &Usual) -> bool {
        match self.own.get(place).and_then(|own| own.presence) {
            Some(presence) => presence == Presence::Entered,
            None => !is_channel(place) || usual.channels.contains(place),
        }
    }

    /// What is as anywhere else is not kept.
    fn change<T>(
        &mut self,
        (place, standing): (&str, Standing),
        change: impl FnOnce(&mut Place) -> T,
    ) -> Result<T, Full> {
        let name = key(place);
        let before = self.own.get(&name).cloned().unwrap_or_default();
        let mut own = before.clone();
        let answer = change(&mut own);
        if own == before {
            return Ok(answer);
        }
        let small = place.to_ascii_lowercase();
        if small != name {
            own.spelling = Some(small);
        }
        own.strange = standing == Standing::Stranger;
        if (Place { spelling: None, strange: false, ..own.clone() }) == Place::default() {
            self.own.remove(&name);
        } else if self.own.contains_key(&name) || self.has_room(&name, standing) {
            self.own.insert(name, own);
        } else {
            return Err(Full);
        }
        self.changed = true;
        Ok(answer)
    }
}

/// The same for all spellings of a name, as most servers compare them: `#Foo[x]` and `#foo{x}` are one.
pub(crate) fn key(place: &str) -> String {
    let small = |char: char| match char {
        '[' => '{',
        ']' => '}',
        '\\' => '|',
        '~' => '^',
        char => char.to_ascii_lowercase(),
    };
    place.chars().map(small).collect()
}

/// Whether it can be a channel's name: it begins with a sign, and is one word.
pub(crate) fn is_channel(name: &str) -> bool {
    let wrong = |char: char| char == ' ' || char == ',' || char.is_control();
    name.len() > 1 && name.len() <= LONGEST_NAME && name.starts_with(['#', '&', '+', '!']) && !name.contains(wrong)
}

fn is_configured(channel: &str, settings: &Settings) -> bool {
    settings.channels.iter().any(|known| key(known.name()) == key(channel))
}
