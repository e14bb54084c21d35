//! What is known of Gerrit's version, and the reviews that wait for it.
//!
//! The question is a delivery with a receipt; what it brings is remembered and asked anew when it is old. A review that
//! comes before the first answer waits in the reporter's state, so that no restart loses it; a question that fails is
//! asked again, and the reviews wait on.
//!
//! Invariant: what is known, what waits and what is asked names its server. Once the settings name another one, it is
//! forgotten, and late answers of the former one say nothing.

use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;

use campanile_sdk::contract::Outcome;
use campanile_sdk::contract::Receipt;
use campanile_sdk::contract::Resend;
use campanile_sdk::prelude::*;
use serde::Deserialize;
use serde::Serialize;

use crate::command;
use crate::command::Review;
use crate::command::WORTH_SECONDS;
use crate::reviews::Ruling;
use crate::settings::Settings;
use crate::version::Version;

/// After so many seconds the version is asked for anew, with the next review.
const FRESH_SECONDS: u64 = 600;
/// The question is not repeated sooner, unless it was answered.
const PATIENCE_SECONDS: u64 = 1_800;
/// So long a question is worth asking.
const ASKED_SECONDS: u32 = 900;
/// How long to wait before a question that failed is asked again: at first, and at most.
const AGAIN_MS: (u32, u32) = (2_000, 600_000);
/// So many reviews wait at once; the oldest gives way.
const MOST_HELD: usize = 2_000;
/// So many that waited are sent, or forgotten, in one call; the others in the next.
const AT_ONCE: usize = 80;
/// So much of an answer is told in a reason, in characters.
const QUOTED: usize = 300;

/// What all that is remembered of servers begins with.
const SERVERS: &str = "server/";
/// And those that wait for one, after its name.
const HELD: &str = "/held/";

/// What belongs to the server of the settings.
struct Names {
    server: String,
    /// The key of the question, and of the wake-up that asks again.
    question: String,
    /// The key of the wake-up that sends more of what waited.
    more: String,
    /// Where what is known of it is remembered.
    known: String,
    /// Where reviews wait.
    held: String,
}

/// What is remembered of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    version: Option<Version>,
    /// When Gerrit said so, in seconds since 1970.
    said_at: u64,
    /// When it was asked, if it has not answered yet.
    asked_at: Option<u64>,
    /// How often in a row it gave no answer.
    failures: u32,
}

/// A review that waits.
#[derive(Debug, Serialize, Deserialize)]
struct Held {
    /// Since when, in seconds since 1970.
    at: u64,
    review: Review,
}

/// One call's view of what waits and what is known.
pub(crate) struct Desk<'a, H> {
    settings: &'a Settings,
    event: &'a Event,
    host: &'a H,
    names: Names,
    known: Known,
    /// The keys of the reviews that wait, the oldest first.
    waiting: Vec<String>,
    /// How many more that waited have room in this call.
    room: usize,
    asks: bool,
    goes_on: bool,
    effects: Vec<Effect>,
    count: usize,
}

impl<'a, H: Host> Desk<'a, H> {
    pub(crate) fn new(settings: &'a Settings, event: &'a Event, host: &'a H) -> Self {
        let names = Names::of(settings);
        let kept = host.recall(&names.known).and_then(|json| serde_json::from_str(&json).ok());
        let known: Known = kept.unwrap_or_default();
        let (own, others): (Vec<String>, Vec<String>) =
            host.recall_keys(SERVERS).into_iter().partition(|key| names.owns(key));
        let waiting = own.into_iter().filter(|key| key.starts_with(&names.held)).collect();
        let (effects, room) = (Vec::new(), AT_ONCE);
        let mut desk =
            Self { settings, event, host, names, known, waiting, room, asks: false, goes_on: false, effects, count: 0 };
        desk.forget(&others);
        desk
    }

    /// What was known of a server that the settings name no more, and what waited for it.
    fn forget(&mut self, others: &[String]) {
        let gone = &others[..others.len().min(self.room)];
        self.room -= gone.len();
        self.goes_on = gone.len() < others.len();
        self.effects.extend(gone.iter().map(|key| Effect::forget(key.as_str())));
        let waited = gone.iter().filter(|key| key.contains(HELD)).count();
        if waited > 0 {
            let server = &self.names.server;
            self.skip(format!(
                "the server is {server} now, so what waited for another one is not sent: {waited} of reviews"
            ));
        }
    }

    /// Takes what came of a generator: a review is sent, or waits.
    pub(crate) fn take(&mut self, ruling: Ruling) {
        match ruling {
            Ruling::Review(review) => self.review(&review),
            Ruling::Skip(reason) => self.skip(reason),
            Ruling::Nothing => {}
        }
    }

    fn review(&mut self, review: &Review) {
        match self.known.version {
            // What still waits is older, and goes first.
            Some(version) if self.waiting.is_empty() => self.send(review, version),
            Some(_) | None => self.hold(review),
        }
        let is_old = self.event.at.saturating_sub(self.known.said_at) >= FRESH_SECONDS;
        let is_needed = if self.known.version.is_none() { !self.wakes() } else { is_old };
        self.asks |= is_needed && !self.is_asked();
    }

    /// Whether a question is under way.
    fn is_asked(&self) -> bool {
        self.known.asked_at.is_some_and(|at| self.event.at.saturating_sub(at) < PATIENCE_SECONDS)
    }

    /// Whether the next question waits for its wake-up, as the one before failed.
    fn wakes(&self) -> bool {
        self.known.version.is_none() && self.known.failures > 0 && self.known.asked_at.is_none()
    }

    /// One that is not sent, and why.
    fn skip(&mut self, reason: impl Into<String>) {
        let key = self.next_key();
        self.effects.push(Effect::skip(key, reason));
    }

    pub(crate) fn also(&mut self, effects: Vec<Effect>) {
        self.effects.extend(effects);
    }

    /// The answer to the question; what waited for it goes.
    pub(crate) fn answered(&mut self, receipt: &Receipt) {
        if receipt.key != self.names.question {
            return;
        }
        self.known.asked_at = None;
        let said = if receipt.outcome == Outcome::Done { Version::in_answer(&receipt.answer) } else { None };
        if let Some(version) = said {
            self.known = Known { version: Some(version), said_at: self.event.at, asked_at: None, failures: 0 };
            self.remember();
            return self.release();
        }
        self.known.failures += 1;
        self.remember();
        // With a version known from before, the next review asks again.
        if self.known.version.is_none() {
            let (first, most) = AGAIN_MS;
            let after = first.saturating_mul(1 << (self.known.failures - 1).min(16)).min(most);
            let said: String = receipt.answer.trim().chars().take(QUOTED).collect();
            self.skip(format!(
                "Gerrit does not tell its version, so reviews wait; it is asked again in {} s. It said: {said}",
                after / 1_000
            ));
            self.effects.push(Effect::wake(self.names.question.as_str(), after));
        }
    }

    pub(crate) fn woken(&mut self, key: &str) {
        if key == self.names.question {
            self.asks = self.known.version.is_none() && !self.is_asked();
        } else if key == self.names.more {
            self.release();
        }
    }

    /// All of it, for the host.
    pub(crate) fn into_effects(mut self) -> Vec<Effect> {
        if self.asks {
            self.known.asked_at = Some(self.event.at);
            self.remember();
            let question = Delivery::new(self.names.question.as_str(), command::version(self.settings));
            self.effects.push(question.resend(Resend::Upsert).receipt().ttl_seconds(ASKED_SECONDS).into());
        }
        if self.goes_on {
            self.effects.push(Effect::wake(self.names.more.as_str(), 0));
        }
        self.effects
    }

    fn send(&mut self, review: &Review, version: Version) {
        let key = self.next_key();
        let (delivery, unknown) = review.delivery(key, self.settings, version);
        self.effects.push(delivery.into());
        if !unknown.is_empty() {
            let labels = unknown.join(", ");
            self.skip(format!("this Gerrit knows Verified and Code-Review alone, so there is no vote on {labels}"));
        }
    }

    /// Keeps a review. It takes the place of an older one of the same.
    fn hold(&mut self, review: &Review) {
        let same = same(review);
        let older: Vec<String> = self.waiting.iter().filter(|key| key.ends_with(&same)).cloned().collect();
        let oldest = self.waiting.first().filter(|_| self.waiting.len() >= MOST_HELD).cloned();
        for key in older {
            self.effects.push(Effect::forget(key.as_str()));
            self.skip(format!("a newer review of {} took its place before Gerrit told its version", review.of));
        }
        if let Some(key) = oldest {
            self.effects.push(Effect::forget(key.as_str()));
            self.skip(format!("more than {MOST_HELD} reviews wait for Gerrit to tell its version"));
        }
        self.count += 1;
        let key = format!("{}{:020}.{:03}{same}", self.names.held, self.event.seq, self.count);
        let json = serde_json::to_string(&Held { at: self.event.at, review: review.clone() }).expect("texts are JSON");
        self.effects.push(Effect::remember(key, json));
    }

    /// Sends what waited, in its order.
    fn release(&mut self) {
        let Some(version) = self.known.version else { return };
        let waiting = std::mem::take(&mut self.waiting);
        for key in waiting.iter().take(self.room) {
            let held = self.host.recall(key).and_then(|json| serde_json::from_str::<Held>(&json).ok());
            match held {
                Some(Held { at, review }) if self.event.at.saturating_sub(at) > u64::from(WORTH_SECONDS) => {
                    let of = &review.of;
                    self.skip(format!("the review of {of} waited for more than 7 days for Gerrit to tell its version"));
                }
                Some(Held { review, .. }) => self.send(&review, version),
                None => self.skip("a review that waited cannot be read any more"),
            }
            self.effects.push(Effect::forget(key.as_str()));
        }
        self.goes_on |= waiting.len() > self.room;
    }

    fn remember(&mut self) {
        let json = serde_json::to_string(&self.known).expect("numbers are JSON");
        self.effects.push(Effect::remember(self.names.known.as_str(), json));
    }

    fn next_key(&mut self) -> String {
        self.count += 1;
        if self.count == 1 { String::from("review") } else { format!("review-{}", self.count) }
    }
}

impl Names {
    fn of(settings: &Settings) -> Self {
        let server = format!("{}:{}", settings.server, settings.port);
        let of = |what: &str| format!("{what} of {server}");
        let at = |what: &str| format!("{SERVERS}{server}{what}");
        Self { question: of("version"), more: of("more"), known: at("/version"), held: at(HELD), server }
    }

    /// Whether what is remembered there is of this server.
    fn owns(&self, key: &str) -> bool {
        key == self.known || key.starts_with(&self.held)
    }
}

/// What reviews have in common of which the newest counts.
fn same(review: &Review) -> String {
    let mut hasher = DefaultHasher::new();
    (review.target.place(), &review.of).hash(&mut hasher);
    format!("/{:016x}", hasher.finish())
}
