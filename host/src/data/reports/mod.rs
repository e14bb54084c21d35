//! What belongs to an event: gathered once by the host, so that a reporter seldom has to ask.
//!
//! What the event is about is seen as the event says, the rest as of now.

mod build;
mod log_lines;
mod made_up;
mod others;

pub(super) use build::build;
pub(super) use build::build_as_told;
pub(super) use build::buildset;
pub(super) use build::buildset_as_told;
pub(super) use build::with_build;
pub(super) use build::with_buildset;
pub(super) use log_lines::lines;
pub(super) use made_up::event as made_up;
pub(super) use others::request;

use super::DataError;
use super::Site;
use crate::model::*;
use crate::store::Reader;
use serde::de::DeserializeOwned;

/// The event as a reporter gets it that asked by `topic`.
pub(super) fn event(
    reader: &Reader<'_>,
    site: &Site,
    (event, topic): (&Event, String),
    want: Want,
) -> Result<ReporterEvent, DataError> {
    let body = body(reader, site, (event, &topic), want)?;
    Ok(ReporterEvent { seq: event.seq, topic, at: event.at, body })
}

fn body(reader: &Reader<'_>, site: &Site, (event, topic): (&Event, &str), want: Want) -> Result<EventBody, DataError> {
    let parts: Vec<&str> = topic.split('/').collect();
    Ok(match parts.as_slice() {
        ["builds", _, _] | ["builders", _, "builds", _, _] | ["workers", _, "builds", _, _] => {
            EventBody::Build(Box::new(with_build(reader, site, parse(event)?, want)?))
        }
        ["steps", _, _] | ["builds", _, "steps", _, _] => {
            EventBody::Step(Box::new(others::step(reader, parse(event)?)?))
        }
        ["buildsets", _, _] => EventBody::Buildset(with_buildset(reader, site, parse(event)?, want)?),
        ["buildrequests", _, _]
        | ["builders", _, "buildrequests", _, _]
        | ["buildsets", _, "builders", _, "buildrequests", _, _] => {
            EventBody::Request(Box::new(others::with_request(reader, site, parse(event)?)?))
        }
        ["changes", _, _] => EventBody::Change(Box::new(parse(event)?)),
        ["workers", _, "missing"] => EventBody::Worker(Box::new(others::missing(parse(event)?))),
        ["workers", _, _] => EventBody::Worker(Box::new(others::worker(parse(event)?))),
        _ => EventBody::Other(event.body.to_string()),
    })
}

fn parse<T: DeserializeOwned>(event: &Event) -> Result<T, DataError> {
    serde_json::from_str(&event.body).map_err(|error| {
        DataError::Store(crate::store::StoreError::Corrupt { what: "an event's body", reason: error.to_string() })
    })
}

/// For what the database promises to be there.
fn found<T>(what: Option<T>, kind: &str, id: impl std::fmt::Display) -> Result<T, DataError> {
    what.ok_or_else(|| DataError::NotFound(format!("no {kind} {id}")))
}
