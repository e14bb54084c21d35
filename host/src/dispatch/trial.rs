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
        Message::Ssh(command) => Message::Ssh(mark_command(command)),
        other @ (Message::Irc(_) | Message::Other(_)) => other,
    };
    let resend = match (&message, delivery.resend) {
        // It would be looked for by words that are others now.
        (Message::Ssh(_), Resend::Probe(_)) => Resend::Blind,
        (_, resend) => resend,
    };
    NewDelivery {
        resend,
        key: trial.key_prefix() + &delivery.key,
        lane: None,
        replace: None,
        ttl_seconds: Some(WORTH_SENDING),
        receipt: false,
        message,
    }
}

/// In the word that people read; a command without one has no place for a mark.
fn mark_command(mut command: SshCommand) -> SshCommand {
    let read = command.read.and_then(|at| usize::try_from(at).ok());
    if let Some(word) = read.and_then(|at| command.command.get_mut(at)) {
        word.0.insert(0, Part::Literal(MARK.to_owned()));
    }
    command
}
