//! Picking effects apart, so that a test checks the one thing it is about.

use serde_json::Value;

use crate::contract::Delivery;
use crate::contract::Effect;
use crate::contract::HttpBody;
use crate::contract::HttpRequest;
use crate::contract::IrcAction;
use crate::contract::IrcVerb;
use crate::contract::Mail;
use crate::contract::Message;
use crate::contract::Part;
use crate::contract::SshCommand;
use crate::contract::Text;

/// The deliveries among the effects, in their order.
#[must_use]
pub fn deliveries(effects: &[Effect]) -> Vec<&Delivery> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Deliver(delivery) => Some(delivery),
            Effect::Skip(_) | Effect::Remember(_) | Effect::Wake(_) | Effect::Control(_) | Effect::Other(_) => None,
        })
        .collect()
}

/// The HTTP requests among the deliveries, in their order.
#[must_use]
pub fn requests(effects: &[Effect]) -> Vec<&HttpRequest> {
    deliveries(effects)
        .into_iter()
        .filter_map(|delivery| match &delivery.message {
            Message::Http(request) => Some(request),
            Message::Mail(_) | Message::Ssh(_) | Message::Irc(_) | Message::Other(_) => None,
        })
        .collect()
}

/// The commands over SSH among the deliveries, in their order.
#[must_use]
pub fn commands(effects: &[Effect]) -> Vec<&SshCommand> {
    deliveries(effects)
        .into_iter()
        .filter_map(|delivery| match &delivery.message {
            Message::Ssh(command) => Some(command),
            Message::Mail(_) | Message::Http(_) | Message::Irc(_) | Message::Other(_) => None,
        })
        .collect()
}

/// The words of a command. A secret shows as its name in angle brackets.
#[must_use]
pub fn words(command: &SshCommand) -> Vec<String> {
    command.command.iter().map(shown).collect()
}

/// Where each request goes, and what it brings: its JSON, or an object with the fields of its form. A secret shows as
/// its name in angle brackets.
///
/// # Panics
/// What a request brings is neither.
#[must_use]
#[track_caller]
pub fn posted(effects: &[Effect]) -> Vec<(String, Value)> {
    let brought = |request: &HttpRequest| match &request.body {
        HttpBody::Empty => Value::Null,
        HttpBody::Json(text) => serde_json::from_str(&shown(text)).expect("the body is JSON"),
        HttpBody::Form(fields) => fields.iter().map(|field| (field.name.clone(), shown(&field.value))).collect(),
        HttpBody::Bytes(bytes) => panic!("a body of {} bytes", bytes.len()),
    };
    requests(effects).into_iter().map(|request| (shown(&request.url), brought(request))).collect()
}

fn shown(text: &Text) -> String {
    let part = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Secret(name) => format!("<{name}>"),
    };
    text.iter().map(part).collect()
}

/// What is said and done in a chat, in its order, a line each: `#builds: hello`, `#builds: * dances`, `join #builds`.
///
/// # Panics
/// A delivery is for another transport.
#[must_use]
#[track_caller]
pub fn said(effects: &[Effect]) -> Vec<String> {
    let line = |delivery: &&Delivery| match &delivery.message {
        Message::Irc(IrcAction { verb, target, text, .. }) => match verb {
            IrcVerb::Say => format!("{target}: {text}"),
            IrcVerb::Notice => format!("{target}: -{text}-"),
            IrcVerb::Act => format!("{target}: * {text}"),
            IrcVerb::Join => format!("join {target} {text}").trim_end().to_owned(),
            IrcVerb::Leave => format!("leave {target} {text}").trim_end().to_owned(),
        },
        other => panic!("not for a chat: {other:#?}"),
    };
    deliveries(effects).iter().map(line).collect()
}

/// Why nothing is sent, in their order.
#[must_use]
pub fn skipped(effects: &[Effect]) -> Vec<&str> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Skip(skipped) => Some(skipped.reason.as_str()),
            Effect::Deliver(_) | Effect::Remember(_) | Effect::Wake(_) | Effect::Control(_) | Effect::Other(_) => None,
        })
        .collect()
}

/// The mails among the deliveries, in their order.
#[must_use]
pub fn mails(effects: &[Effect]) -> Vec<&Mail> {
    deliveries(effects)
        .into_iter()
        .filter_map(|delivery| match &delivery.message {
            Message::Mail(mail) => Some(mail),
            Message::Http(_) | Message::Ssh(_) | Message::Irc(_) | Message::Other(_) => None,
        })
        .collect()
}

/// The delivery, where there is one effect and it is one.
///
/// # Panics
/// There are more effects, or none, or it is no delivery.
#[must_use]
#[track_caller]
pub fn only_delivery(effects: Vec<Effect>) -> Delivery {
    match <[Effect; 1]>::try_from(effects) {
        Ok([Effect::Deliver(delivery)]) => delivery,
        Ok([other]) => panic!("not a delivery: {other:#?}"),
        Err(effects) => panic!("not one effect but {}: {effects:#?}", effects.len()),
    }
}

/// The mail, where there is one effect and it delivers one.
///
/// # Panics
/// There are more effects, or none, or it delivers no mail.
#[must_use]
#[track_caller]
pub fn only_mail(effects: Vec<Effect>) -> Mail {
    match only_delivery(effects).message {
        Message::Mail(mail) => mail,
        other => panic!("not a mail: {other:#?}"),
    }
}
