//! Requests, steps and workers with what belongs to them.

use super::found;
use crate::data::DataError;
use crate::data::Site;
use crate::data::urls;
use crate::model::*;
use crate::store::Reader;

/// A request as it is now.
pub(in crate::data) fn request(
    reader: &Reader<'_>,
    site: &Site,
    id: BuildRequestId,
) -> Result<RequestReport, DataError> {
    let request = found(reader.buildrequest(id)?, "build request", id)?;
    with_request(reader, site, request)
}

/// A request as it is given.
pub(super) fn with_request(
    reader: &Reader<'_>,
    site: &Site,
    request: BuildRequest,
) -> Result<RequestReport, DataError> {
    let builder = found(reader.builder(request.builderid)?, "builder", request.builderid)?;
    let buildset = found(reader.buildset(request.buildsetid)?, "buildset", request.buildsetid)?;
    let properties = reader.buildset_properties(request.buildsetid)?;
    let elsewhere = reader.ingested_page(request.buildrequestid)?;
    let url = elsewhere.unwrap_or_else(|| urls::request(site, request.buildrequestid));
    Ok(RequestReport { url, request, builder, buildset, properties })
}

/// A step, with its build and builder.
pub(super) fn step(reader: &Reader<'_>, step: Step) -> Result<StepReport, DataError> {
    let build = found(reader.build(step.buildid)?, "build", step.buildid)?;
    let builder = found(reader.builder(build.builderid)?, "builder", build.builderid)?;
    Ok(StepReport { step, build, builder })
}

pub(super) fn worker(worker: Worker) -> WorkerReport {
    WorkerReport { worker, last_connection: None, notify: Vec::new() }
}

pub(super) fn missing(missing: WorkerMissing) -> WorkerReport {
    WorkerReport { worker: missing.worker, last_connection: missing.last_connection, notify: missing.notify }
}
