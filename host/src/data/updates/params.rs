//! Reading parameters, and the checks that several methods share.

use super::UpdateError;
use crate::model::*;
use crate::store::NewSourceStamp;
use crate::store::Tx;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::Error;

/// Reads a JSON object as the parameters of `method`; an error names the parameter.
pub(super) fn parse<T: DeserializeOwned>(method: &str, params: &str) -> Result<T, UpdateError> {
    read_json(params).map_err(|message| UpdateError::Params { method: method.to_owned(), message })
}

/// The longest name, text or address that a single-line parameter may be.
const LONGEST_LINE: usize = 4096;

/// A text that is told again with each event of what it belongs to: not too long.
pub(super) fn short(param: &'static str, text: &str) -> Result<(), UpdateError> {
    at_most(param, text.len(), LONGEST_LINE)
}

/// That a parameter takes no more bytes than it may.
pub(super) fn at_most(param: &'static str, bytes: usize, most: usize) -> Result<(), UpdateError> {
    match bytes <= most {
        true => Ok(()),
        false => Err(UpdateError::invalid(param, format!("{bytes} bytes, at most {most}"))),
    }
}

/// A text that stands in one line: not too long, no control characters.
pub(super) fn line(param: &'static str, text: &str) -> Result<(), UpdateError> {
    short(param, text)?;
    match text.chars().find(|c| c.is_control()) {
        Some(c) => Err(UpdateError::invalid(param, format!("control character {c:?}"))),
        None => Ok(()),
    }
}

/// A name: a line with something in it.
pub(super) fn name(param: &'static str, text: &str) -> Result<(), UpdateError> {
    if text.is_empty() {
        return Err(UpdateError::invalid(param, "it is empty"));
    }
    line(param, text)
}

/// Names and sources of properties.
pub(super) fn properties(param: &'static str, properties: &Properties) -> Result<(), UpdateError> {
    properties.iter().try_for_each(|(key, (_, source))| {
        name(param, key)?;
        line(param, source)
    })
}

/// What tells source stamps apart: no control characters.
pub(super) fn stamp(stamp: &NewSourceStamp) -> Result<(), UpdateError> {
    line("branch", stamp.branch.as_deref().unwrap_or_default())?;
    line("revision", stamp.revision.as_deref().unwrap_or_default())?;
    line("repository", &stamp.repository)?;
    line("project", &stamp.project)?;
    line("codebase", &stamp.codebase)
}

/// Bytes: a text, or `{"base64": "…"}`.
#[derive(Debug, PartialEq, Eq, JsonSchema)]
pub struct Blob(#[schemars(with = "Written")] pub Vec<u8>);

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "neither a text nor {\"base64\": \"…\"}")]
enum Written {
    Text(String),
    Encoded { base64: String },
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Ok(Self(text.into_bytes())),
            Written::Encoded { base64 } => {
                BASE64_STANDARD.decode(base64).map(Self).map_err(|error| D::Error::custom(format!("base64: {error}")))
            }
        }
    }
}

macro_rules! finders {
    ($($found:ident($id:ty) = $kind:literal $param:literal by $read:ident -> $what:ty;)*) => {$(
        pub(in crate::data) fn $found(tx: &Tx<'_>, id: $id) -> Result<$what, UpdateError> {
            tx.$read(id)?.ok_or(UpdateError::NotFound { kind: $kind, param: $param, id: id.0 })
        }
    )*};
}

finders! {
    found_master(MasterId) = "master" "masterid" by master -> Master;
    builder(BuilderId) = "builder" "builderid" by builder -> Builder;
    worker(WorkerId) = "worker" "workerid" by worker -> Worker;
    buildset(BuildsetId) = "buildset" "bsid" by buildset -> Buildset;
    buildrequest(BuildRequestId) = "build request" "buildrequestid" by buildrequest -> BuildRequest;
    build(BuildId) = "build" "buildid" by build -> Build;
    step(StepId) = "step" "stepid" by step -> Step;
    log(LogId) = "log" "logid" by log -> Log;
    project(ProjectId) = "project" "projectid" by project -> Project;
    scheduler(SchedulerId) = "scheduler" "schedulerid" by scheduler -> Scheduler;
    sourcestamp(SourceStampId) = "source stamp" "ssid" by sourcestamp -> SourceStamp;
}

/// That there is such a master.
pub(super) fn master(tx: &Tx<'_>, id: MasterId) -> Result<Master, UpdateError> {
    tx.master(id)?.ok_or(UpdateError::NotFound { kind: "master", param: "masterid", id: id.0 })
}

/// A build that `param` names.
pub(super) fn build_by(tx: &Tx<'_>, param: &'static str, id: BuildId) -> Result<(), UpdateError> {
    match tx.build(id)? {
        Some(_) => Ok(()),
        None => Err(UpdateError::NotFound { kind: "build", param, id: id.0 }),
    }
}
