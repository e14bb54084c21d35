//! Reading parameters, and the checks that several methods share.

use super::UpdateError;
use crate::model::*;
use crate::store::Tx;
use serde::de::DeserializeOwned;

/// Reads a JSON object as the parameters of `method`; an error names the parameter.
pub(super) fn parse<T: DeserializeOwned>(method: &str, params: &str) -> Result<T, UpdateError> {
    serde_json::from_str(params).map_err(|_| {
        // Read once more, more slowly, to learn where it went wrong.
        let mut reader = serde_json::Deserializer::from_str(params);
        let message = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Ok(_) => "trailing characters after the object".to_owned(),
            Err(error) if error.path().iter().len() == 0 => error.inner().to_string(),
            Err(error) => format!("{}: {}", error.path(), error.inner()),
        };
        UpdateError::Params { method: method.to_owned(), message }
    })
}

/// The longest name, text or address that a single-line parameter may be.
const LONGEST_LINE: usize = 4096;

/// A text that stands in one line: not too long, no control characters.
pub(super) fn line(param: &'static str, text: &str) -> Result<(), UpdateError> {
    if text.len() > LONGEST_LINE {
        return Err(UpdateError::invalid(param, format!("{} bytes, at most {LONGEST_LINE}", text.len())));
    }
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

macro_rules! finders {
    ($($found:ident($id:ty) = $kind:literal $param:literal by $read:ident -> $what:ty;)*) => {$(
        pub(in crate::data) fn $found(tx: &Tx<'_>, id: $id) -> Result<$what, UpdateError> {
            tx.$read(id)?.ok_or(UpdateError::NotFound { kind: $kind, param: $param, id: id.0 })
        }
    )*};
}

finders! {
    builder(BuilderId) = "builder" "builderid" by builder -> Builder;
    worker(WorkerId) = "worker" "workerid" by worker -> Worker;
    buildset(BuildsetId) = "buildset" "bsid" by buildset -> Buildset;
    buildrequest(BuildRequestId) = "build request" "buildrequestid" by buildrequest -> BuildRequest;
    build(BuildId) = "build" "buildid" by build -> Build;
    step(StepId) = "step" "stepid" by step -> Step;
    log(LogId) = "log" "logid" by log -> Log;
    sourcestamp(SourceStampId) = "source stamp" "ssid" by sourcestamp -> SourceStamp;
}

/// That there is such a master.
pub(super) fn master(tx: &Tx<'_>, id: MasterId) -> Result<(), UpdateError> {
    match tx.has_master(id)? {
        true => Ok(()),
        false => Err(UpdateError::NotFound { kind: "master", param: "masterid", id: id.0 }),
    }
}
