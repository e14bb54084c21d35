//! Events about what is no build: buildsets, requests, workers, and what is said in a chat.

use crate::contract::Builder;
use crate::contract::BuildsetReport;
use crate::contract::ChatManner;
use crate::contract::ChatMessage;
use crate::contract::Event;
use crate::contract::EventBody;
use crate::contract::RequestReport;
use crate::contract::Results;
use crate::contract::Worker;
use crate::contract::WorkerReport;
use crate::testing::GivenBuild;
use crate::testing::samples::buildset;
use crate::testing::samples::request;

/// The event that buildset 99 is complete, with this result and these builds.
#[must_use]
pub fn a_complete_buildset(results: Results, builds: impl IntoIterator<Item = GivenBuild>) -> Event {
    let mut set = buildset();
    (set.results, set.complete_at) = (Some(results), Some(20));
    let report = BuildsetReport { buildset: set, builds: builds.into_iter().map(GivenBuild::report).collect() };
    Event { seq: 1, topic: String::from("buildsets/99/complete"), at: 20, body: EventBody::Buildset(report) }
}

/// The event that request 12, for the builder of this name, is made; its property `branch` is `main`.
#[must_use]
pub fn a_new_request(builder: &str) -> Event {
    request_event(builder, "new", None)
}

/// The event that request 12, for the builder of this name, is cancelled.
#[must_use]
pub fn a_cancelled_request(builder: &str) -> Event {
    request_event(builder, "cancel", Some(Results::Cancelled))
}

/// The event that request 12, for the builder of this name, is over.
#[must_use]
pub fn a_request_that_ended(builder: &str, results: Results) -> Event {
    request_event(builder, "complete", Some(results))
}

fn request_event(builder: &str, verb: &str, results: Option<Results>) -> Event {
    let branch = GivenBuild::property_of("branch", "main");
    let mut request = request();
    request.results = results;
    let report = RequestReport {
        request,
        builder: Builder { id: 80, name: builder.to_owned(), description: None, tags: Vec::new() },
        buildset: buildset(),
        url: String::from("https://ci.example/#/buildrequests/12"),
        properties: vec![branch],
    };
    Event { seq: 1, topic: format!("buildrequests/12/{verb}"), at: 9, body: EventBody::Request(report) }
}

/// The event that the worker of this name went away, to be told to these addresses. It was last seen at
/// `2026-01-02 03:04:05 UTC`.
#[must_use]
pub fn a_missing_worker(name: &str, notify: &[&str]) -> Event {
    let report = WorkerReport {
        worker: Worker { id: 13, name: name.to_owned(), admin: Some(String::from("Ann <ann@example.net>")) },
        last_connection: Some(1_767_323_045),
        notify: notify.iter().map(|address| String::from(*address)).collect(),
    };
    Event { seq: 1, topic: String::from("workers/13/missing"), at: 1_767_330_000, body: EventBody::Worker(report) }
}

/// The event that somebody says something to the bot, who is called `bb` there; in private where there is no channel.
/// Nobody has an account, or is an operator.
#[must_use]
pub fn a_chat_message(nick: &str, channel: Option<&str>, text: &str) -> Event {
    let message = ChatMessage {
        connection: String::from("irc"),
        me: String::from("bb"),
        nick: nick.to_owned(),
        account: None,
        channel: channel.map(str::to_owned),
        op: false,
        manner: ChatManner::Said,
        text: text.to_owned(),
    };
    Event { seq: 1, topic: String::from("chat/irc"), at: 1_767_330_000, body: EventBody::Chat(message) }
}
