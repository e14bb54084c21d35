//! The reporter from the outside: given settings and an event, expect commands.

mod callbacks;
mod commands;
mod families;
mod targets;
mod waiting;

use campanile_sdk::contract::Part;
use campanile_sdk::contract::SshCommand;
use campanile_sdk::contract::Text;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::GivenBuild;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::deliveries;
use serde_json::Value;
use serde_json::json;

use crate::GerritStatusPush;

/// Settings that work, with these on top, of a Gerrit whose version nobody knows yet.
fn unknown(more: Value) -> Given {
    let mut settings = json!({"server": "gs", "username": "gu"});
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    Given::settings(settings)
}

/// The same, of a Gerrit of this version.
fn given((major, minor): (u32, u32), more: Value) -> Given {
    unknown(more).keeps(
        "server/gs:29418/version",
        json!({"version": [major, minor], "said_at": 0, "asked_at": null, "failures": 0}),
    )
}

/// A build of patch set `d34db33f` of a change of the project `gp`.
fn build(builder: &str) -> GivenBuild {
    a_build(builder)
        .property("event.change.id", "I0123456789")
        .property("event.change.project", "gp")
        .property("event.patchSet.revision", "d34db33f")
}

fn text(text: &Text) -> &str {
    match &text[..] {
        [Part::Literal(text)] => text,
        other => panic!("no plain text: {other:?}"),
    }
}

fn words(message: &Message) -> Vec<&str> {
    match message {
        Message::Ssh(SshCommand { command, .. }) => command.iter().map(text).collect(),
        other => panic!("no command: {other:?}"),
    }
}

/// The words of each command.
fn commands(effects: &[Effect]) -> Vec<Vec<&str>> {
    deliveries(effects).into_iter().map(|delivery| words(&delivery.message)).collect()
}

fn effects(given: &Given, event: &Event) -> Vec<Effect> {
    given.effects::<GerritStatusPush>(event)
}
