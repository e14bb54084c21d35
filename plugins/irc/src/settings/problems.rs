//! What is wrong with settings, all at once.

use std::collections::BTreeMap;

use campanile_sdk::Renderable;
use campanile_sdk::pointer_key;
use campanile_sdk::prelude::*;

use super::Channel;
use super::Events;
use super::Settings;
use crate::authz::Users;
use crate::authz::keys;
use crate::commands;
use crate::occasions::Occasion;
use crate::places::is_channel;
use crate::plain::is_harmless;

/// Channels, and people told in private, at most.
const MOST_PLACES: usize = 1_000;
/// The shortest wait before another try to connect, in seconds: with none, a server that is away is called without end.
const SHORTEST_DELAY: f64 = 1.0;
/// The longest wait, in seconds: a day.
const LONGEST_WAIT: f64 = 86_400.0;

impl Settings {
    /// All that is wrong.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        [self.of_login(), self.of_places(), self.of_tags(), self.of_events(), self.of_rules(), self.of_pace()].concat()
    }

    fn of_login(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !is_word(&self.nick) {
            problems.push(Problem::new("/nick", format!("{:?} is no nick: it is one word", self.nick)));
        }
        let has = (self.password.is_some(), self.certificate.is_some());
        if self.use_sasl && has == (false, false) {
            problems.push(Problem::new("/useSASL", "give a password, or a certificate, to log in with"));
        }
        if has.1 && !self.use_ssl {
            problems.push(Problem::new("/certificate", "only an encrypted connection shows one: set useSSL"));
        }
        problems
    }

    fn of_places(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (index, channel) in self.channels.iter().enumerate() {
            let at = format!("/channels/{index}");
            if !is_channel(channel.name()) {
                let message = format!("{:?} is no channel: its name begins with #", channel.name());
                problems.push(Problem::new(&at, message));
            }
            if let Channel::Locked(locked) = channel
                && let Some(message) = locked.password.as_ref().and_then(Renderable::problem)
            {
                problems.push(Problem::new(format!("{at}/password"), message));
            }
        }
        for (index, nick) in self.pm_to_nicks.iter().enumerate() {
            if !is_word(nick) || is_channel(nick) {
                problems.push(Problem::new(format!("/pm_to_nicks/{index}"), format!("{nick:?} is no nick")));
            }
        }
        if self.channels.len() + self.pm_to_nicks.len() > MOST_PLACES {
            let message = format!("a bot has {MOST_PLACES} channels and nicks at most; make it several");
            problems.push(Problem::new("/channels", message));
        }
        problems
    }

    fn of_tags(&self) -> Vec<Problem> {
        let is_twice = self.tags.is_some() && self.categories.is_some();
        is_twice.then(|| Problem::new("/categories", "tags says that: it is its newer name")).into_iter().collect()
    }

    fn of_events(&self) -> Vec<Problem> {
        let wrong = |name: &str| Occasion::parse(name).is_none();
        let message = |name: &str| format!("{name:?} is no event: {}", Occasion::known());
        let at = |index: usize, name: &str| match &self.notify_events {
            Events::List(_) => format!("/notify_events/{index}"),
            Events::Table(_) => format!("/notify_events/{}", pointer_key(name)),
        };
        let names = self.notify_events.names().into_iter().enumerate().filter(|(_, name)| wrong(name));
        names.map(|(index, name)| Problem::new(at(index, name), message(name))).collect()
    }

    fn of_rules(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let older = [("/allowForce", &self.allow_force), ("/allowShutdown", &self.allow_shutdown)];
        for (at, users) in older {
            if self.authz.is_some() && users.is_some() {
                problems.push(Problem::new(at, "authz says that: write force, stop and shutdown there"));
            }
            problems.extend(users.iter().flat_map(|users| of_users(at, users)));
        }
        for (key, users) in self.authz.iter().flatten() {
            let at = format!("/authz/{}", pointer_key(key));
            let unknown = |word: &&String| !["", "!", "*"].contains(&word.as_str()) && !commands::is_known(word);
            if let Some(word) = keys(key).iter().find(unknown) {
                let known = commands::names().join(", ");
                let message = format!("{:?} is no command: {known}, or \"\", \"!\", \"*\"", word.to_lowercase());
                problems.push(Problem::new(&at, message));
            }
            problems.extend(of_users(&at, users));
        }
        problems.extend(self.authz.iter().flat_map(twice));
        problems
    }

    fn of_pace(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let waits = [
            ("/lostDelay", self.lost_delay, SHORTEST_DELAY),
            ("/failedDelay", self.failed_delay, SHORTEST_DELAY),
            ("/floodSeconds", Some(self.flood_seconds), 0.0),
        ];
        for (at, seconds, least) in waits {
            if let Some(seconds) = seconds.filter(|seconds| !(least..=LONGEST_WAIT).contains(seconds)) {
                let message = format!("{seconds} is no wait in seconds: expected {least} to {LONGEST_WAIT}");
                problems.push(Problem::new(at, message));
            }
        }
        if !(1..=1_000).contains(&self.flood_lines) {
            problems.push(Problem::new("/floodLines", "expected 1 to 1000 lines"));
        }
        problems
    }
}

fn of_users(at: &str, users: &Users) -> Vec<Problem> {
    let wrong = users.names().iter().find(|name| !is_word(name));
    let message = |name: &String| format!("{name:?} is no user: expected a nick, or account:NAME");
    wrong.map(|name| Problem::new(at, message(name))).into_iter().collect()
}

/// A command with two rules has none.
fn twice(rules: &BTreeMap<String, Users>) -> Vec<Problem> {
    let mut seen = Vec::new();
    let mut problems = Vec::new();
    for key in rules.keys() {
        for word in keys(key) {
            if seen.contains(&word) {
                let message = format!("{:?} is there twice", word.to_lowercase());
                problems.push(Problem::new(format!("/authz/{}", pointer_key(key)), message));
            }
            seen.push(word);
        }
    }
    problems
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(':') && text.chars().all(|char| char != ' ' && is_harmless(char))
}
