//! The channels of a chat connection: which we want to be in, which we are in, and with whom.
//!
//! Not here: what is said in them. Names are folded by who asks, as the server compares them.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// Members of a channel that are remembered; in a larger one the others are no operators to us.
const MOST_MEMBERS: usize = 20_000;

/// Channels to be in.
pub(super) const MOST_WANTED: usize = 5_000;

/// A wait before we enter again grows to so many times the first.
const MOST_DOUBLINGS: u32 = 6;

/// All that a connection is to be in, over its losses; and what it is in now.
#[derive(Debug, Default)]
pub(super) struct Channels {
    known: BTreeMap<String, Channel>,
}

/// A channel that we want to be in, or are in.
#[derive(Debug)]
pub(super) struct Channel {
    /// As somebody wrote it.
    pub(super) name: String,
    pub(super) key: String,
    pub(super) place: Place,
    /// How often in a row we were thrown out or not let in.
    setbacks: u32,
}

/// Where we are with regard to a channel.
#[derive(Debug)]
pub(super) enum Place {
    /// To be entered at this time; and why we are not in it.
    Outside {
        why: String,
        again: Instant,
    },
    /// We have asked to be let in.
    Entering {
        since: Instant,
    },
    Inside {
        members: HashMap<String, Member>,
        since: Instant,
    },
    /// We have said that we go.
    Leaving,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Member {
    /// Modes such as `o`.
    modes: String,
    account: Option<String>,
}

impl Channels {
    pub(super) fn get(&self, folded: &str) -> Option<&Channel> {
        self.known.get(folded)
    }

    /// To be in this channel from now on. Tells whether there is room for it.
    pub(super) fn want(&mut self, folded: String, (name, key): (&str, String), now: Instant) -> bool {
        if self.known.len() >= MOST_WANTED && !self.known.contains_key(&folded) {
            return false;
        }
        let place = Place::Outside { why: String::new(), again: now };
        let fresh = Channel { name: name.to_owned(), key: String::new(), place, setbacks: 0 };
        let channel = self.known.entry(folded).or_insert(fresh);
        if !key.is_empty() {
            channel.key = key;
        }
        if let Place::Outside { again, .. } = &mut channel.place {
            *again = now;
        }
        true
    }

    /// We are in none of them any more.
    pub(super) fn lose_all(&mut self, now: Instant) {
        self.known.retain(|_, channel| !matches!(channel.place, Place::Leaving));
        for channel in self.known.values_mut() {
            channel.place = Place::Outside { why: String::new(), again: now };
        }
    }

    /// Those whose time to be entered has come; they are being entered from now on.
    pub(super) fn enter_due(&mut self, now: Instant) -> Vec<(String, String)> {
        let mut due = Vec::new();
        for channel in self.known.values_mut() {
            if matches!(channel.place, Place::Outside { again, .. } if again <= now) {
                channel.place = Place::Entering { since: now };
                due.push((channel.name.clone(), channel.key.clone()));
            }
        }
        due
    }

    /// When the next is to be entered.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let again = |channel: &Channel| match &channel.place {
            Place::Outside { again, .. } => Some(*again),
            Place::Entering { .. } | Place::Inside { .. } | Place::Leaving => None,
        };
        self.known.values().filter_map(again).min()
    }

    /// Those that let us wait for too long.
    pub(super) fn unanswered(&self, before: Instant) -> Vec<String> {
        let late = |channel: &Channel| matches!(channel.place, Place::Entering { since } if since <= before);
        self.known.iter().filter(|(_, channel)| late(channel)).map(|(folded, _)| folded.clone()).collect()
    }

    pub(super) fn entering_since(&self) -> Option<Instant> {
        let since = |channel: &Channel| match &channel.place {
            Place::Entering { since } => Some(*since),
            Place::Outside { .. } | Place::Inside { .. } | Place::Leaving => None,
        };
        self.known.values().filter_map(since).min()
    }

    /// We are in.
    pub(super) fn entered(&mut self, folded: String, name: &str, now: Instant) {
        if !self.known.contains_key(&folded) && !self.want(folded.clone(), (name, String::new()), now) {
            return;
        }
        if let Some(channel) = self.known.get_mut(&folded) {
            channel.place = Place::Inside { members: HashMap::new(), since: now };
        }
    }

    /// We are out, or not let in: entered again after a while that grows each time.
    pub(super) fn put_out(&mut self, folded: &str, why: String, (now, first): (Instant, Duration)) {
        let Some(channel) = self.known.get_mut(folded) else { return };
        // Who was in for long begins anew.
        let longest = first * 2_u32.pow(MOST_DOUBLINGS);
        if matches!(channel.place, Place::Inside { since, .. } if now - since > longest) {
            channel.setbacks = 0;
        }
        let wait = first * 2_u32.pow(channel.setbacks.min(MOST_DOUBLINGS));
        channel.setbacks += 1;
        channel.place = Place::Outside { why, again: now + wait };
    }

    /// We have said that we go, and do not want to be in it any more.
    pub(super) fn leave(&mut self, folded: &str) {
        if let Some(channel) = self.known.get_mut(folded) {
            channel.place = Place::Leaving;
        }
    }

    pub(super) fn forget(&mut self, folded: &str) {
        self.known.remove(folded);
    }

    /// The names of those we are in; and why we are not in the others.
    pub(super) fn shown(&self) -> (Vec<String>, BTreeMap<String, String>) {
        let (mut inside, mut missing) = (Vec::new(), BTreeMap::new());
        for channel in self.known.values() {
            match &channel.place {
                Place::Inside { .. } => inside.push(channel.name.clone()),
                Place::Outside { why, .. } => drop(missing.insert(channel.name.clone(), why.clone())),
                Place::Entering { .. } => drop(missing.insert(channel.name.clone(), "it is being entered".to_owned())),
                Place::Leaving => {}
            }
        }
        (inside, missing)
    }

    pub(super) fn joined(&mut self, folded: &str, nick: String, (modes, account): (String, Option<String>)) {
        if let Some(members) = self.members(folded)
            && (members.len() < MOST_MEMBERS || members.contains_key(&nick))
        {
            let member = members.entry(nick).or_default();
            member.modes = modes;
            member.account = account.or(member.account.take());
        }
    }

    pub(super) fn left(&mut self, folded: &str, nick: &str) {
        if let Some(members) = self.members(folded) {
            members.remove(nick);
        }
    }

    /// Left the server.
    pub(super) fn quit(&mut self, nick: &str) {
        self.all_members().for_each(|members| drop(members.remove(nick)));
    }

    pub(super) fn renamed(&mut self, from: &str, to: &str) {
        for members in self.all_members() {
            if let Some(member) = members.remove(from) {
                members.insert(to.to_owned(), member);
            }
        }
    }

    pub(super) fn has_account(&mut self, nick: &str, account: Option<&str>) {
        self.all_members().filter_map(|members| members.get_mut(nick)).for_each(|member| {
            member.account = account.map(str::to_owned);
        });
    }

    /// A mode of a member; tells whether there is such a member.
    pub(super) fn mode(&mut self, folded: &str, nick: &str, (mode, is_on): (char, bool)) -> bool {
        let Some(member) = self.members(folded).and_then(|members| members.get_mut(nick)) else { return false };
        member.modes.retain(|known| known != mode);
        if is_on {
            member.modes.push(mode);
        }
        true
    }

    pub(super) fn member(&self, folded: &str, nick: &str) -> Option<&Member> {
        match &self.known.get(folded)?.place {
            Place::Inside { members, .. } => members.get(nick),
            Place::Outside { .. } | Place::Entering { .. } | Place::Leaving => None,
        }
    }

    fn members(&mut self, folded: &str) -> Option<&mut HashMap<String, Member>> {
        match &mut self.known.get_mut(folded)?.place {
            Place::Inside { members, .. } => Some(members),
            Place::Outside { .. } | Place::Entering { .. } | Place::Leaving => None,
        }
    }

    fn all_members(&mut self) -> impl Iterator<Item = &mut HashMap<String, Member>> {
        self.known.values_mut().filter_map(|channel| match &mut channel.place {
            Place::Inside { members, .. } => Some(members),
            Place::Outside { .. } | Place::Entering { .. } | Place::Leaving => None,
        })
    }
}

impl Member {
    pub(super) fn modes(&self) -> &str {
        &self.modes
    }

    pub(super) fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_thrown_out_waits_longer_each_time() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut channels = Channels::default();
        channels.want("#a".to_owned(), ("#A", "key".to_owned()), start);
        assert_eq!(channels.enter_due(start), [("#A".to_owned(), "key".to_owned())]);
        let mut waits = Vec::new();
        for _ in 0..9 {
            channels.entered("#a".to_owned(), "#A", start);
            channels.put_out("#a", "kicked".to_owned(), (start, second));
            waits.push((channels.next_due().unwrap() - start).as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
        channels.entered("#a".to_owned(), "#A", start);
        let later = start + Duration::from_secs(65);
        channels.put_out("#a", String::new(), (later, second));
        assert_eq!(channels.next_due().unwrap() - later, second);
    }

    #[test]
    fn what_we_left_is_not_entered_again() {
        let now = Instant::now();
        let mut channels = Channels::default();
        for name in ["#a", "#b"] {
            channels.want(name.to_owned(), (name, String::new()), now);
            channels.entered(name.to_owned(), name, now);
        }
        channels.leave("#a");
        channels.lose_all(now);
        assert_eq!(channels.enter_due(now), [("#b".to_owned(), String::new())]);
    }
}
