//! Effects and subscriptions in few words: constructors with defaults for the contract's frozen records.

use crate::contract::Delivery;
use crate::contract::Effect;
use crate::contract::Entry;
use crate::contract::Json;
use crate::contract::JsonString;
use crate::contract::Marker;
use crate::contract::Message;
use crate::contract::Probe;
use crate::contract::Problem;
use crate::contract::Resend;
use crate::contract::Skipped;
use crate::contract::Subscription;
use crate::contract::TopicFilter;
use crate::contract::WakeUp;
use crate::contract::Want;

impl Delivery {
    /// A message in no order, sent again only where that is harmless or unavoidable ([`Resend::Blind`]), with
    /// the transport's own deadline and without a receipt. `key` tells the deliveries of one call apart.
    pub fn new(key: impl Into<String>, message: Message) -> Self {
        let key = key.into();
        Self { key, lane: None, replace: None, resend: Resend::Blind, ttl_seconds: None, receipt: false, message }
    }

    /// Goes out after the earlier deliveries of this lane to the same destination.
    #[must_use]
    pub fn lane(mut self, lane: impl Into<String>) -> Self {
        self.lane = Some(lane.into());
        self
    }

    /// Takes the place of those in its lane with the same value that have not been tried yet.
    #[must_use]
    pub fn replace(mut self, replace: impl Into<String>) -> Self {
        self.replace = Some(replace.into());
        self
    }

    /// What to do when nobody knows whether an attempt arrived.
    #[must_use]
    pub fn resend(mut self, resend: Resend) -> Self {
        self.resend = resend;
        self
    }

    /// Not worth sending after so many seconds; 0: tried once, whenever that is.
    #[must_use]
    pub fn ttl_seconds(mut self, seconds: u32) -> Self {
        self.ttl_seconds = Some(seconds);
        self
    }

    /// `handle` is called with a receipt when it is over.
    #[must_use]
    pub fn receipt(mut self) -> Self {
        self.receipt = true;
        self
    }
}

impl Probe {
    /// It arrived if the answer to `ask` has these letters in it.
    pub fn letters(ask: Message, letters: impl Into<String>) -> Self {
        Self { ask, marker: Marker::Letters(letters.into()), whole: None }
    }

    /// It arrived if a string of the JSON in the answer to `ask` begins and ends so.
    pub fn json_string(ask: Message, begins: impl Into<String>, ends: impl Into<String>) -> Self {
        let marker = Marker::JsonString(JsonString { begins: begins.into(), ends: ends.into() });
        Self { ask, marker, whole: None }
    }

    /// Every whole answer has these letters in it; one without is asked for again.
    #[must_use]
    pub fn whole(self, letters: impl Into<String>) -> Self {
        Self { whole: Some(letters.into()), ..self }
    }
}

impl From<Delivery> for Effect {
    fn from(delivery: Delivery) -> Self {
        Self::Deliver(delivery)
    }
}

impl Effect {
    /// Records that nothing is sent, where an operator looks for it: among the deliveries. `key` tells it apart from those
    /// of the call.
    pub fn skip(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Skip(Skipped { key: key.into(), reason: reason.into() })
    }

    /// Keeps a JSON value for the next calls.
    pub fn remember(key: impl Into<String>, value: impl Into<Json>) -> Self {
        Self::Remember(Entry { key: key.into(), value: Some(value.into()) })
    }

    /// Forgets what is kept under `key`.
    pub fn forget(key: impl Into<String>) -> Self {
        Self::Remember(Entry { key: key.into(), value: None })
    }

    /// Asks for an event `wake(key)` after so many milliseconds.
    pub fn wake(key: impl Into<String>, after_ms: u32) -> Self {
        Self::Wake(WakeUp { key: key.into(), after_ms })
    }
}

impl Subscription {
    /// Events whose topic fits `pattern`, where `*` stands for one part, with what is wanted along.
    pub fn to(pattern: impl Into<String>, want: Want) -> Self {
        Self::Topic(TopicFilter { pattern: pattern.into(), want })
    }
}

impl Problem {
    /// Something wrong at a JSON pointer into the settings, such as `/extraRecipients/0`; an empty pointer is
    /// the settings as a whole.
    pub fn new(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { at: at.into(), message: message.into() }
    }
}
