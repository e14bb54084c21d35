//! Which log a path names: by its id, or below its step, however that is reached.

use crate::data::DataError;
use crate::model::*;
use crate::store::Reader;

/// A log by its id need not exist: whoever asks for lines of it may be told that there are none.
pub(super) enum Place {
    Found(Log),
    NoSuchId(LogId),
}

/// `path` is without `api/v2` and without what is asked of the log: `builds/7/steps/compile/logs/stdio`.
pub(super) fn place(reader: &Reader<'_>, path: &str) -> Result<Place, DataError> {
    let not_found = || DataError::NotFound(format!("no log is found at {path}"));
    let parts = path.split('/').map(decode).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (step, slug) = match parts.as_slice() {
        ["logs", id] => {
            let id = id.parse().map(LogId).map_err(|_| not_found())?;
            return Ok(reader.log(id)?.map_or(Place::NoSuchId(id), Place::Found));
        }
        ["steps", id, "logs", slug] => (id.parse().ok().map(StepId), *slug),
        ["builds", id, "steps", step, "logs", slug] => {
            let build = id.parse().map(BuildId).map_err(|_| not_found())?;
            (step_of(reader, build, step)?, *slug)
        }
        ["builders", builder, "builds", number, "steps", step, "logs", slug] => {
            let builder = match builder.parse() {
                Ok(id) => Some(BuilderId(id)),
                Err(_) => reader.builder_id(builder)?,
            };
            let (builder, number) = (builder.ok_or_else(not_found)?, number.parse().map_err(|_| not_found())?);
            let build = reader.build_by_number(builder, number)?.ok_or_else(not_found)?;
            (step_of(reader, build.buildid, step)?, *slug)
        }
        _ => return Err(not_found()),
    };
    let log = reader.log_by_slug(step.ok_or_else(not_found)?, slug)?;
    log.map(Place::Found).ok_or_else(not_found)
}

fn step_of(reader: &Reader<'_>, build: BuildId, step: &str) -> Result<Option<StepId>, DataError> {
    let found = match step.parse() {
        Ok(number) => reader.step_by_number(build, number)?,
        Err(_) => reader.step_by_name(build, step)?,
    };
    Ok(found.map(|step| step.stepid))
}

fn decode(part: &str) -> Result<String, DataError> {
    let decoded = percent_encoding::percent_decode_str(part).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| DataError::Invalid(format!("{part:?} is not UTF-8")))
}
