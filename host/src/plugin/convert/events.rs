//! Settings, events and log lines, towards a guest.

use crate::model;
use crate::plugin::bindings::wit::data;
use crate::plugin::bindings::wit::events as wit;
use crate::plugin::convert::reports;
use crate::plugin::convert::unsigned;
use bumpalo::Bump;

pub(in crate::plugin) fn config(config: &model::ReporterConfig) -> wit::Config<'_> {
    wit::Config { name: &config.name, title: &config.title, url: &config.url, settings: &config.settings }
}

/// Lent by the model, with its lists laid out in `arena`.
pub(in crate::plugin) fn event<'a>(arena: &'a Bump, event: &'a model::ReporterEvent) -> wit::Event<'a> {
    wit::Event {
        seq: unsigned(event.seq.0),
        topic: &event.topic,
        at: reports::time(event.at),
        body: body(arena, &event.body),
    }
}

pub(in crate::plugin) fn log_line(line: model::LogLine) -> data::LogLine {
    let origin = match line.stream {
        model::LogStream::Stdout => data::LogStream::Stdout,
        model::LogStream::Stderr => data::LogStream::Stderr,
        model::LogStream::Header => data::LogStream::Header,
    };
    data::LogLine { origin, text: line.text }
}

fn body<'a>(arena: &'a Bump, body: &'a model::EventBody) -> wit::EventBody<'a> {
    match body {
        model::EventBody::Build(report) => wit::EventBody::Build(reports::build_report(arena, report)),
        model::EventBody::Buildset(report) => wit::EventBody::Buildset(reports::buildset_report(arena, report)),
        model::EventBody::Request(report) => wit::EventBody::Request(reports::request_report(arena, report)),
        model::EventBody::Step(report) => wit::EventBody::Step(reports::step_report(arena, report)),
        model::EventBody::Change(change) => wit::EventBody::Change(reports::change(arena, change)),
        model::EventBody::Worker(report) => wit::EventBody::Worker(reports::worker_report(arena, report)),
        model::EventBody::Chat(message) => wit::EventBody::Chat(chat(message)),
        model::EventBody::Presence(presence) => wit::EventBody::Presence(self::presence(presence)),
        model::EventBody::Wake(key) => wit::EventBody::Wake(key),
        model::EventBody::Receipt(receipt) => wit::EventBody::Receipt(self::receipt(receipt)),
        model::EventBody::Other(json) => wit::EventBody::Other(json),
    }
}

fn chat(message: &model::ChatMessage) -> wit::ChatMessage<'_> {
    wit::ChatMessage {
        connection: &message.connection,
        me: &message.me,
        nick: &message.nick,
        account: message.account.as_deref(),
        channel: message.channel.as_deref(),
        op: message.op,
        manner: match message.manner {
            model::ChatManner::Said => wit::ChatManner::Said,
            model::ChatManner::Acted => wit::ChatManner::Acted,
        },
        text: &message.text,
    }
}

fn presence(presence: &model::ChatPresence) -> wit::ChatPresence<'_> {
    wit::ChatPresence {
        connection: &presence.connection,
        me: &presence.me,
        change: match &presence.change {
            model::PresenceChange::Connected => wit::PresenceChange::Connected,
            model::PresenceChange::Joined(channel) => wit::PresenceChange::Joined(channel),
            model::PresenceChange::Removed(channel) => wit::PresenceChange::Removed(channel),
        },
    }
}

fn receipt(receipt: &model::Receipt) -> wit::Receipt<'_> {
    wit::Receipt {
        key: &receipt.key,
        outcome: match receipt.outcome {
            model::Outcome::Done => wit::Outcome::Done,
            model::Outcome::Refused => wit::Outcome::Refused,
            model::Outcome::Expired => wit::Outcome::Expired,
            model::Outcome::Superseded => wit::Outcome::Superseded,
            model::Outcome::Cancelled => wit::Outcome::Cancelled,
        },
        status: receipt.status,
        answer: &receipt.answer,
    }
}
