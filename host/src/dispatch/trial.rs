//! Test reports: what becomes of what a reporter returns for a build that never was.
//!
//! It is sent as anything is, and marked. Nothing else comes of it: no memory, no wake-up, no request to the CI system,
//! no receipt; and no delivery waits for it or gives way to it.

use crate::model::*;

/// A test that is late interests nobody, in seconds.
const WORTH_SENDING: u32 = 600;

/// What stands before a text.
const MARK: &str = "[test] ";

/// The deliveries alone, marked, and what is not sent.
pub(super) fn marked(effects: Vec<Effect>, trial: &TrialName) -> Vec<Effect> {
    let delivery = |effect| match effect {
        Effect::Deliver(delivery) => Some(Effect::Deliver(mark(delivery, trial))),
        Effect::Skip(skipped) => {
            Some(Effect::Skip(Skipped { key: trial.key_prefix() + &skipped.key, reason: skipped.reason }))
        }
        Effect::Remember { .. } | Effect::Wake(_) | Effect::Control(_) | Effect::Other(_) => None,
    };
    effects.into_iter().filter_map(delivery).collect()
}

fn mark(delivery: NewDelivery, trial: &TrialName) -> NewDelivery {
    let message = match delivery.message {
        Message::Mail(mail) => Message::Mail(Mail { subject: MARK.to_owned() + &mail.subject, ..mail }),
        Message::Irc(action) if matches!(action.verb, IrcVerb::Say | IrcVerb::Notice | IrcVerb::Act) => {
            Message::Irc(IrcAction { text: MARK.to_owned() + &action.text, ..action })
        }
        Message::Http(mut request) => {
            let (name, value) = ("x-campanile-test".to_owned(), Text::literal("1"));
            request.headers.push(Field { name, value });
            Message::Http(request)
        }
        other @ (Message::Irc(_) | Message::Ssh(_) | Message::Other(_)) => other,
    };
    NewDelivery {
        key: trial.key_prefix() + &delivery.key,
        lane: None,
        replace: None,
        ttl_seconds: Some(WORTH_SENDING),
        receipt: false,
        message,
        ..delivery
    }
}
