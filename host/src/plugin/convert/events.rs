//! Settings, events and log lines, towards a guest.

use crate::model;
use crate::plugin::bindings::wit::data;
use crate::plugin::bindings::wit::events as wit;
use crate::plugin::convert::reports;
use crate::plugin::convert::unsigned;

pub(in crate::plugin) fn config(config: &model::ReporterConfig) -> wit::Config {
    wit::Config {
        name: config.name.clone(),
        title: config.title.clone(),
        url: config.url.clone(),
        settings: config.settings.clone(),
    }
}

pub(in crate::plugin) fn event(event: &model::ReporterEvent) -> wit::Event {
    wit::Event {
        seq: unsigned(event.seq.0),
        topic: event.topic.clone(),
        at: reports::time(event.at),
        body: body(&event.body),
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

fn body(body: &model::EventBody) -> wit::EventBody {
    match body {
        model::EventBody::Build(report) => wit::EventBody::Build(reports::build_report(report)),
        model::EventBody::Buildset(report) => wit::EventBody::Buildset(reports::buildset_report(report)),
        model::EventBody::Request(report) => wit::EventBody::Request(reports::request_report(report)),
        model::EventBody::Step(report) => wit::EventBody::Step(reports::step_report(report)),
        model::EventBody::Change(change) => wit::EventBody::Change(reports::change(change)),
        model::EventBody::Worker(report) => wit::EventBody::Worker(reports::worker_report(report)),
        model::EventBody::Chat(message) => wit::EventBody::Chat(chat(message)),
        model::EventBody::Wake(key) => wit::EventBody::Wake(key.clone()),
        model::EventBody::Receipt(receipt) => wit::EventBody::Receipt(self::receipt(receipt)),
        model::EventBody::Other(json) => wit::EventBody::Other(json.clone()),
    }
}

fn chat(message: &model::ChatMessage) -> wit::ChatMessage {
    wit::ChatMessage {
        connection: message.connection.clone(),
        me: message.me.clone(),
        nick: message.nick.clone(),
        channel: message.channel.clone(),
        op: message.op,
        text: message.text.clone(),
    }
}

fn receipt(receipt: &model::Receipt) -> wit::Receipt {
    wit::Receipt {
        key: receipt.key.clone(),
        outcome: match receipt.outcome {
            model::Outcome::Done => wit::Outcome::Done,
            model::Outcome::Refused => wit::Outcome::Refused,
            model::Outcome::Expired => wit::Outcome::Expired,
            model::Outcome::Superseded => wit::Outcome::Superseded,
            model::Outcome::Cancelled => wit::Outcome::Cancelled,
        },
        status: receipt.status,
        answer: receipt.answer.clone(),
    }
}
