//! Statuses as deliveries, so that what stands at the forge in the end is the last state.
//!
//! Invariants: the states of one [`Lane`] go out in the order in which they came to be; one that surely did not
//! arrive gives way to a newer one; and as a forge keeps the last of them, each may arrive twice.

use std::collections::BTreeSet;
use std::fmt::Display;

use serde::Deserialize;
use serde::Serialize;

use crate::contract::Delivery;
use crate::contract::Effect;
use crate::contract::HttpBody;
use crate::contract::HttpRequest;
use crate::contract::Level;
use crate::contract::Message;
use crate::contract::Part;
use crate::contract::Resend;
use crate::contract::SourceStamp;
use crate::generators::Report;
use crate::host::PluginHost;

/// After that nobody waits for a state any more.
const WORTH_SECONDS: u32 = 7 * 24 * 60 * 60;

/// Deliveries that give way to each other are all states.
const STATES: &str = "state";

/// Where a forge shows one state at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lane(String);

impl Lane {
    /// Of a commit in a repository, under a name that the forge knows it by (`context`, `key`, `name`).
    pub fn of(repository: impl Display, commit: &str, context: &str) -> Self {
        Self(format!("{repository} {commit} {context}"))
    }

    /// Its name: repository, commit and context.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Lane {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(self.as_str())
    }
}

/// The statuses that one event comes to, or other messages, one for each source stamp.
#[derive(Debug)]
pub struct Statuses {
    called: &'static str,
    effects: Vec<Effect>,
    lanes: BTreeSet<Lane>,
    count: usize,
}

impl Statuses {
    /// None yet. Their keys are `status`, `status-2`, ….
    #[must_use]
    pub fn new() -> Self {
        Self::called("status")
    }

    /// None yet, of something else than states, such as `comment`.
    #[must_use]
    pub fn called(called: &'static str) -> Self {
        Self { called, effects: Vec::new(), lanes: BTreeSet::new(), count: 0 }
    }

    /// One more request. A second one for the same lane says the same, and is left out.
    pub fn send(&mut self, lane: Lane, request: HttpRequest) {
        if self.lanes.contains(&lane) {
            return;
        }
        let key = self.next_key();
        self.effects.push(Self::delivery(&lane, key, request).into());
        self.lanes.insert(lane);
    }

    /// One more message, of which the next key is already told.
    pub fn deliver(&mut self, message: Message, how: impl FnOnce(Delivery) -> Delivery) {
        let delivery = Delivery::new(self.next_key(), message);
        self.effects.push(how(delivery).into());
    }

    /// One that is not sent, and why.
    pub fn skip(&mut self, reason: impl Into<String>) {
        let key = self.next_key();
        self.effects.push(Effect::skip(key, reason));
    }

    /// The source stamps that a report is about; it is told where there are none.
    pub fn stamps<'e>(&mut self, report: &Report<'e>) -> &'e [SourceStamp] {
        if report.source_stamps().is_empty() {
            self.skip("there is no source stamp, so there is no commit to tell of");
        }
        report.source_stamps()
    }

    /// Something else that shall happen.
    pub fn also(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn delivery(lane: &Lane, key: String, request: HttpRequest) -> Delivery {
        let delivery = Delivery::new(key, Message::Http(request)).lane(lane.to_string()).replace(STATES);
        delivery.resend(Resend::Upsert).ttl_seconds(WORTH_SECONDS)
    }

    fn log(&self, host: &impl PluginHost) {
        for effect in &self.effects {
            if let Effect::Deliver(Delivery { lane: Some(lane), message: Message::Http(request), .. }) = effect
                && let HttpBody::Json(body) = &request.body
            {
                let is_literal = |part: &Part| if let Part::Literal(text) = part { Some(text.clone()) } else { None };
                let body: String = body.iter().filter_map(is_literal).collect();
                host.log(Level::Info, "what is sent", &[("where", lane), ("body", &body)]);
            }
        }
    }

    /// All of it, for the host; written into the plugin's log, too, where that is wanted.
    #[must_use]
    pub fn into_effects_logged(self, is_verbose: bool, host: &impl PluginHost) -> Vec<Effect> {
        if is_verbose {
            self.log(host);
        }
        self.effects
    }

    /// All of it, for the host.
    #[must_use]
    pub fn into_effects(self) -> Vec<Effect> {
        self.effects
    }

    fn next_key(&mut self) -> String {
        self.count += 1;
        if self.count == 1 { self.called.to_owned() } else { format!("{}-{}", self.called, self.count) }
    }
}

impl Default for Statuses {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::literal;
    use crate::testing::deliveries;

    #[test]
    fn one_for_each_lane() {
        let request = || HttpRequest::post(literal("https://forge.example/"));
        let mut statuses = Statuses::new();
        statuses.send(Lane::of("o/r", "d34db33f", "linux"), request());
        statuses.send(Lane::of("o/r", "d34db33f", "linux"), request());
        statuses.skip("there is no revision");
        statuses.send(Lane::of("o/lib", "d34db33f", "linux"), request());
        let effects = statuses.into_effects();
        let told: Vec<_> = deliveries(&effects).iter().map(|d| (d.key.as_str(), d.lane.as_deref())).collect();
        assert_eq!(told, [("status", Some("o/r d34db33f linux")), ("status-3", Some("o/lib d34db33f linux"))]);
        assert_eq!(effects[1], Effect::skip("status-2", "there is no revision"));
        for delivery in deliveries(&effects) {
            assert_eq!((delivery.replace.as_deref(), &delivery.resend), (Some("state"), &Resend::Upsert));
        }
    }
}
