//! From what a path says to ids: a build by its builder and number, a step by its build and name.
//!
//! One place for all endpoints: `builders/linux/builds/7/steps/compile` and `steps/42` mean the same step.

use super::super::DataError;
use super::routes::Keys;
use crate::model::*;
use crate::store::Reader;
use crate::store::query::Values;

/// Replaces builder and number by the id of the build. Tells whether there is such a build.
pub(super) fn find_build(reader: &Reader<'_>, keys: &mut Keys) -> Result<bool, DataError> {
    let Some(number) = take_number(keys, "build_number") else { return Ok(true) };
    let builder = match (take_number(keys, "builderid"), take_text(keys, "buildername")) {
        (Some(id), _) => Some(BuilderId(id)),
        (None, Some(name)) => reader.builder_id(&name)?,
        (None, None) => None,
    };
    let build = builder.map(|builder| reader.build_by_number(builder, number)).transpose()?.flatten();
    keys.extend(build.iter().map(|build| ("buildid", Values::Number(build.buildid.0))));
    Ok(build.is_some())
}

/// Replaces a build, by id or by builder and number, and the name or number of its step by the id of the step. Tells
/// whether there is such a step.
pub(super) fn find_step(reader: &Reader<'_>, keys: &mut Keys) -> Result<bool, DataError> {
    if !find_build(reader, keys)? {
        return Ok(false);
    }
    let (number, name) = (take_number(keys, "step_number"), take_text(keys, "step_name"));
    let Some(build) = take_number(keys, "buildid").map(BuildId) else { return Ok(true) };
    let step = match (number, name) {
        (Some(number), _) => reader.step_by_number(build, number)?,
        (None, Some(name)) => reader.step_by_name(build, &name)?,
        (None, None) => None,
    };
    keys.extend(step.iter().map(|step| ("stepid", Values::Number(step.stepid.0))));
    Ok(step.is_some())
}

/// The log that a path names in any of its ways.
pub(super) fn find_log(reader: &Reader<'_>, mut keys: Keys) -> Result<Option<Log>, DataError> {
    if !find_step(reader, &mut keys)? {
        return Ok(None);
    }
    let (log, slug) = (take_number(&mut keys, "logid"), take_text(&mut keys, "log_slug"));
    Ok(match (log, take_number(&mut keys, "stepid"), slug) {
        (Some(log), ..) => reader.log(LogId(log))?,
        (None, Some(step), Some(slug)) => reader.log_by_slug(StepId(step), &slug)?,
        _ => None,
    })
}

pub(super) fn take_number(keys: &mut Keys, name: &str) -> Option<i64> {
    match take(keys, name)? {
        Values::Number(number) => Some(number),
        Values::Text(_) | Values::Flags { .. } | Values::List(_) => None,
    }
}

pub(super) fn take_text(keys: &mut Keys, name: &str) -> Option<String> {
    match take(keys, name)? {
        Values::Text(text) => Some(text),
        Values::Number(_) | Values::Flags { .. } | Values::List(_) => None,
    }
}

fn take(keys: &mut Keys, name: &str) -> Option<Values> {
    let at = keys.iter().position(|(key, _)| *key == name)?;
    Some(keys.swap_remove(at).1)
}
