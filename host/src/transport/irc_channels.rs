//! The channels of a chat connection: which we want to be in, which we are in, and with whom.
//!
//! Not here: what is said in them. Names are folded by who asks, as the server compares them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// Members of a channel that are remembered; in a larger one the others are no operators to us.
const MOST_MEMBERS: usize = 20_000;

/// Channels to be in.
pub(super) const MOST_WANTED: usize = 5_000;

/// A line with several channels to enter is no longer than this, in bytes.
const JOIN_LINE: usize = 400;

/// Who is in a channel is asked for at most once in this time.
const NAMES_EVERY: Duration = Duration::from_secs(30);

/// A wait before we enter again grows to so many times the first.
const MOST_DOUBLINGS: u32 = 6;

/// All that a connection is to be in, over its losses; and what it is in now.
#[derive(Debug, Default)]
pub(super) struct Channels {
    known: BTreeMap<String, Channel>,
    /// Those that we left: what is said there does not lead us in again.
    left: BTreeSet<String>,
}

/// A channel that we want to be in, or are in.
#[derive(Debug)]
pub(super) struct Channel {
    /// As somebody wrote it.
    pub(super) name: String,
    pub(super) key: String,
    pub(super) place: Place,
    /// Whether it is to be entered again. Where others led us it is not.
    wanted: bool,
    /// How often in a row we were thrown out or not let in.
    setbacks: u32,
}

/// Where we are with regard to a channel.
#[derive(Debug)]
pub(super) enum Place {
    /// To be entered at this time; and why we are not in it.
    Outside { why: String, again: Instant },
    /// We have asked to be let in.
    Entering { since: Instant },
    Inside {
        members: HashMap<String, Member>,
        since: Instant,
        /// When we last asked who is in it.
        names_at: Option<Instant>,
    },
    /// We have said that we go, and perhaps want to come back.
    Leaving { since: Instant, back: bool },
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
        self.left.remove(&folded);
        let place = Place::Outside { why: String::new(), again: now };
        let fresh = Channel { name: name.to_owned(), key: String::new(), place, wanted: true, setbacks: 0 };
        let channel = self.known.entry(folded).or_insert(fresh);
        channel.wanted = true;
        if !key.is_empty() {
            channel.key = key;
        }
        match &mut channel.place {
            Place::Outside { again, .. } => *again = now,
            Place::Leaving { back, .. } => *back = true,
            Place::Entering { .. } | Place::Inside { .. } => {}
        }
        true
    }

    /// We are in none of them any more.
    pub(super) fn lose_all(&mut self, now: Instant) {
        self.known.retain(|_, channel| channel.wanted && !matches!(channel.place, Place::Leaving { back: false, .. }));
        for channel in self.known.values_mut() {
            channel.place = Place::Outside { why: String::new(), again: now };
        }
    }

    /// A line that enters as many as the server takes of those whose time has come, the ones with keys first, as the
    /// protocol has it. They are being entered from now on.
    pub(super) fn join_line(&mut self, now: Instant, most: usize) -> Option<String> {
        let is_due = |channel: &Channel| matches!(channel.place, Place::Outside { again, .. } if again <= now);
        let mut due: Vec<&mut Channel> = self.known.values_mut().filter(|channel| is_due(channel)).collect();
        due.sort_by_key(|channel| channel.key.is_empty());
        let (mut names, mut keys) = (String::new(), String::new());
        for channel in due.into_iter().take(most) {
            let length = names.len() + keys.len() + channel.name.len() + channel.key.len();
            if !names.is_empty() && length >= JOIN_LINE {
                break;
            }
            channel.place = Place::Entering { since: now };
            append(&mut names, &channel.name);
            append(&mut keys, &channel.key);
        }
        (!names.is_empty()).then(|| format!("JOIN {names} {keys}").trim_end().to_owned())
    }

    /// Whether one is to be entered now.
    pub(super) fn has_due(&self, now: Instant) -> bool {
        self.known.values().any(|channel| matches!(channel.place, Place::Outside { again, .. } if again <= now))
    }

    /// When the next is to be entered, of those whose time has not come.
    pub(super) fn next_due(&self, now: Instant) -> Option<Instant> {
        let again = |channel: &Channel| match &channel.place {
            Place::Outside { again, .. } => Some(*again).filter(|again| *again > now),
            Place::Entering { .. } | Place::Inside { .. } | Place::Leaving { .. } => None,
        };
        self.known.values().filter_map(again).min()
    }

    /// Those that let us wait for too long.
    pub(super) fn unanswered(&self, before: Instant) -> Vec<String> {
        let late = |channel: &Channel| channel.asked_at().is_some_and(|since| since <= before);
        self.known.iter().filter(|(_, channel)| late(channel)).map(|(folded, _)| folded.clone()).collect()
    }

    /// Since when an answer is outstanding: may we enter, or have we left?
    pub(super) fn asked_since(&self) -> Option<Instant> {
        self.known.values().filter_map(Channel::asked_at).min()
    }

    /// We are in; tells whether we are there to stay. Others may have led us there, and it may be on our way out.
    pub(super) fn entered(&mut self, folded: String, name: &str, now: Instant) -> bool {
        if self.known.len() >= MOST_WANTED && !self.known.contains_key(&folded) {
            return false;
        }
        let inside = || Place::Inside { members: HashMap::new(), since: now, names_at: None };
        let fresh =
            || Channel { name: name.to_owned(), key: String::new(), place: inside(), wanted: false, setbacks: 0 };
        let channel = self.known.entry(folded).or_insert_with(fresh);
        if matches!(channel.place, Place::Leaving { .. }) {
            return false;
        }
        channel.place = inside();
        true
    }

    /// We are out, or not let in: entered again after a while that grows each time.
    pub(super) fn put_out(&mut self, folded: &str, why: String, (now, first): (Instant, Duration)) {
        let Some(channel) = self.known.get_mut(folded) else { return };
        if !channel.wanted {
            self.known.remove(folded);
            return;
        }
        // Who was in for long begins anew.
        let longest = first * 2_u32.pow(MOST_DOUBLINGS);
        if matches!(channel.place, Place::Inside { since, .. } if now - since > longest) {
            channel.setbacks = 0;
        }
        let wait = first * 2_u32.pow(channel.setbacks.min(MOST_DOUBLINGS));
        channel.setbacks += 1;
        channel.place = Place::Outside { why, again: now + wait };
    }

    /// We say that we go, and do not want to be in it any more. Tells whether there is a place to leave.
    pub(super) fn leave(&mut self, folded: &str, now: Instant) -> bool {
        if self.left.len() < MOST_WANTED {
            self.left.insert(folded.to_owned());
        }
        let Some(channel) = self.known.get_mut(folded) else { return false };
        channel.wanted = false;
        match &mut channel.place {
            Place::Outside { .. } => {
                self.known.remove(folded);
                false
            }
            Place::Leaving { back, .. } => {
                *back = false;
                true
            }
            // The server may be about to let us in.
            place @ (Place::Entering { .. } | Place::Inside { .. }) => {
                *place = Place::Leaving { since: now, back: false };
                true
            }
        }
    }

    /// We are out, as we wanted; perhaps to come back.
    pub(super) fn have_left(&mut self, folded: &str, now: Instant) {
        match self.known.get_mut(folded) {
            Some(channel) if matches!(channel.place, Place::Leaving { back: true, .. }) => {
                channel.place = Place::Outside { why: String::new(), again: now };
            }
            _ => drop(self.known.remove(folded)),
        }
    }

    pub(super) fn is_leaving(&self, folded: &str) -> bool {
        self.known.get(folded).is_some_and(|channel| matches!(channel.place, Place::Leaving { .. }))
    }

    /// Whether we left it, and nobody asked for it since.
    pub(super) fn was_left(&self, folded: &str) -> bool {
        self.left.contains(folded)
    }

    /// Whether to ask who is in the channel: not so soon again.
    pub(super) fn may_ask_names(&mut self, folded: &str, now: Instant) -> bool {
        match self.known.get_mut(folded).map(|channel| &mut channel.place) {
            Some(Place::Inside { names_at, .. }) if names_at.is_none_or(|at| at + NAMES_EVERY <= now) => {
                *names_at = Some(now);
                true
            }
            _ => false,
        }
    }

    /// The names of those we are in; and why we are not in the others.
    pub(super) fn shown(&self) -> (Vec<String>, BTreeMap<String, String>) {
        let (mut inside, mut missing) = (Vec::new(), BTreeMap::new());
        for channel in self.known.values() {
            match &channel.place {
                Place::Inside { .. } => inside.push(channel.name.clone()),
                Place::Outside { why, .. } => drop(missing.insert(channel.name.clone(), why.clone())),
                Place::Entering { .. } => drop(missing.insert(channel.name.clone(), "it is being entered".to_owned())),
                Place::Leaving { .. } => {}
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
            Place::Outside { .. } | Place::Entering { .. } | Place::Leaving { .. } => None,
        }
    }

    fn members(&mut self, folded: &str) -> Option<&mut HashMap<String, Member>> {
        match &mut self.known.get_mut(folded)?.place {
            Place::Inside { members, .. } => Some(members),
            Place::Outside { .. } | Place::Entering { .. } | Place::Leaving { .. } => None,
        }
    }

    fn all_members(&mut self) -> impl Iterator<Item = &mut HashMap<String, Member>> {
        self.known.values_mut().filter_map(|channel| match &mut channel.place {
            Place::Inside { members, .. } => Some(members),
            Place::Outside { .. } | Place::Entering { .. } | Place::Leaving { .. } => None,
        })
    }
}

impl Channel {
    fn asked_at(&self) -> Option<Instant> {
        match self.place {
            Place::Entering { since } | Place::Leaving { since, .. } => Some(since),
            Place::Outside { .. } | Place::Inside { .. } => None,
        }
    }
}

fn append(list: &mut String, word: &str) {
    if !list.is_empty() && !word.is_empty() {
        list.push(',');
    }
    list.push_str(word);
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

    fn wanting(names: &[(&str, &str)], now: Instant) -> Channels {
        let mut channels = Channels::default();
        for (name, key) in names {
            channels.want((*name).to_owned(), (name, (*key).to_owned()), now);
        }
        channels
    }

    fn lines(channels: &mut Channels, most: usize) -> Vec<String> {
        let now = Instant::now();
        std::iter::from_fn(|| channels.join_line(now, most)).collect()
    }

    #[test]
    fn channels_are_entered_together_those_with_keys_first() {
        let three = || wanting(&[("#a", ""), ("#b", "k"), ("#c", "")], Instant::now());
        assert_eq!(lines(&mut three(), 16), ["JOIN #b,#a,#c k"]);
        assert_eq!(lines(&mut three(), 2), ["JOIN #b,#a k", "JOIN #c"]);
        assert_eq!(lines(&mut wanting(&[("#a", "")], Instant::now()), 1), ["JOIN #a"]);
        let names: Vec<String> = (0..200).map(|i| format!("#channel-{i}")).collect();
        let names: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let lines = lines(&mut wanting(&names, Instant::now()), 1000);
        assert!(lines.len() > 4 && lines.iter().all(|line| line.len() <= 5 + JOIN_LINE), "{lines:?}");
    }

    #[test]
    fn an_answer_is_waited_for_from_when_it_was_asked_for() {
        let start = Instant::now();
        let mut channels = wanting(&[("#a", ""), ("#b", "")], start);
        let later = start + Duration::from_secs(60);
        channels.join_line(later, 1);
        assert_eq!((channels.asked_since(), channels.has_due(later)), (Some(later), true));
        assert_eq!(channels.unanswered(start + Duration::from_secs(59)), [""; 0]);
        assert_eq!(channels.unanswered(later), ["#a"]);
    }

    #[test]
    fn who_is_thrown_out_waits_longer_each_time() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut channels = wanting(&[("#a", "key")], start);
        assert_eq!(lines(&mut channels, 1), ["JOIN #a key"]);
        let mut waits = Vec::new();
        for _ in 0..9 {
            channels.entered("#a".to_owned(), "#A", start);
            channels.put_out("#a", "kicked".to_owned(), (start, second));
            waits.push((channels.next_due(start).unwrap() - start).as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
        channels.entered("#a".to_owned(), "#A", start);
        let later = start + Duration::from_secs(65);
        channels.put_out("#a", String::new(), (later, second));
        assert_eq!(channels.next_due(start).unwrap() - later, second);
    }

    #[test]
    fn what_we_left_is_not_entered_again_until_it_is_wanted() {
        let now = Instant::now();
        let mut channels = wanting(&[("#a", ""), ("#b", "")], now);
        for name in ["#a", "#b"] {
            channels.entered(name.to_owned(), name, now);
        }
        assert!(channels.leave("#a", now) && channels.was_left("#a"));
        channels.lose_all(now);
        assert_eq!(lines(&mut channels, 9), ["JOIN #b"]);
        channels.want("#a".to_owned(), ("#a", String::new()), now);
        assert!(!channels.was_left("#a") && channels.has_due(now));
    }

    #[test]
    fn who_wants_to_come_back_on_the_way_out_does() {
        let now = Instant::now();
        let mut channels = wanting(&[("#a", "")], now);
        channels.entered("#a".to_owned(), "#a", now);
        channels.leave("#a", now);
        channels.want("#a".to_owned(), ("#a", String::new()), now);
        assert!(!channels.has_due(now));
        channels.have_left("#a", now);
        assert_eq!(lines(&mut channels, 9), ["JOIN #a"]);
        // And who goes while being let in is out.
        channels.leave("#a", now);
        assert!(!channels.entered("#a".to_owned(), "#a", now) && channels.is_leaving("#a"));
    }

    #[test]
    fn where_others_led_us_we_do_not_go_again() {
        let now = Instant::now();
        let mut channels = Channels::default();
        for name in ["#a", "#b"] {
            assert!(channels.entered(name.to_owned(), name, now));
        }
        channels.put_out("#a", "kicked".to_owned(), (now, Duration::ZERO));
        channels.lose_all(now);
        assert!(!channels.has_due(now));
    }

    #[test]
    fn who_is_in_a_channel_is_asked_for_now_and_then() {
        let now = Instant::now();
        let mut channels = wanting(&[("#a", "")], now);
        assert!(!channels.may_ask_names("#a", now));
        channels.entered("#a".to_owned(), "#a", now);
        assert!(channels.may_ask_names("#a", now));
        assert!(!channels.may_ask_names("#a", now + Duration::from_secs(29)));
        assert!(channels.may_ask_names("#a", now + NAMES_EVERY));
    }
}
