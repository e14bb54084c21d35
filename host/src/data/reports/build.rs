//! Builds and buildsets with what belongs to them.

use super::found;
use crate::data::DataError;
use crate::data::Site;
use crate::data::blame;
use crate::data::urls;
use crate::model::*;
use crate::store::Reader;
use crate::store::is_ingested_master;
use std::collections::HashMap;

/// A build as it is now.
pub(in crate::data) fn build(
    reader: &Reader<'_>,
    site: &Site,
    id: BuildId,
    want: Want,
) -> Result<BuildReport, DataError> {
    let build = found(reader.build(id)?, "build", id)?;
    with_build(reader, site, build, want)
}

/// A build as the event says, when the event is about it, else as it is now. It may have more than is wanted.
pub(in crate::data) fn build_as_told(
    reader: &Reader<'_>,
    site: &Site,
    (id, event): (BuildId, Option<&ReporterEvent>),
    want: Want,
) -> Result<BuildReport, DataError> {
    if let Some(made_up) = event.and_then(ReporterEvent::made_up)
        && id == MADE_UP
    {
        return Ok(made_up.clone());
    }
    match event.map(|event| &event.body) {
        Some(EventBody::Build(report)) if report.build.buildid == id => {
            let mut report = (**report).clone();
            gather(reader, &mut report, want)?;
            Ok(report)
        }
        _ => build(reader, site, id, want),
    }
}

/// A build as it is given.
pub(in crate::data) fn with_build(
    reader: &Reader<'_>,
    site: &Site,
    build: Build,
    want: Want,
) -> Result<BuildReport, DataError> {
    let builder = found(reader.builder(build.builderid)?, "builder", build.builderid)?;
    let request = found(reader.buildrequest(build.buildrequestid)?, "build request", build.buildrequestid)?;
    let buildset = found(reader.buildset(request.buildsetid)?, "buildset", request.buildsetid)?;
    let parent = buildset.parent_buildid.map(|id| parent(reader, id)).transpose()?.flatten();
    let mut report = BuildReport {
        url: page(reader, site, &build)?,
        build,
        builder,
        request,
        buildset,
        parent,
        properties: Properties::new(),
        steps: Vec::new(),
        previous: None,
        changes: Vec::new(),
        users: Vec::new(),
        gathered: Want::default(),
    };
    gather(reader, &mut report, want)?;
    Ok(report)
}

/// Where the build is shown: with us, or with the master that told of it.
fn page(reader: &Reader<'_>, site: &Site, build: &Build) -> Result<String, DataError> {
    let elsewhere = if is_ingested_master(build.masterid) { reader.ingested_page(build.buildid)? } else { None };
    Ok(elsewhere.unwrap_or_else(|| urls::build(site, build)))
}

/// Adds to a report what is wanted and not there yet.
fn gather(reader: &Reader<'_>, report: &mut BuildReport, want: Want) -> Result<(), DataError> {
    let id = report.build.buildid;
    let missing = want.without(report.gathered);
    if missing.steps || missing.logs {
        report.steps = steps(reader, (&report.build, &report.url), want.logs || report.gathered.logs)?;
    }
    if missing.previous {
        report.previous = reader.previous_build(report.build.builderid, report.build.number)?;
    }
    if missing.properties {
        report.properties = reader.build_properties(id)?;
    }
    if missing.changes {
        report.changes = blame::changes(reader, id)?;
    }
    if missing.users {
        let has = want.or(report.gathered);
        let properties = if has.properties { None } else { Some(reader.build_properties(id)?) };
        let changes = if has.changes { None } else { Some(blame::changes(reader, id)?) };
        let changes = changes.as_deref().unwrap_or(&report.changes);
        report.users = blame::users(changes, properties.as_ref().unwrap_or(&report.properties));
    }
    report.gathered = want.or(report.gathered);
    Ok(())
}

fn parent(reader: &Reader<'_>, id: BuildId) -> Result<Option<ParentBuild>, DataError> {
    let Some(build) = reader.build(id)? else { return Ok(None) };
    let builder = found(reader.builder(build.builderid)?, "builder", build.builderid)?;
    Ok(Some(ParentBuild { build, builder }))
}

fn steps(reader: &Reader<'_>, (build, page): (&Build, &str), logs: bool) -> Result<Vec<StepWithLogs>, DataError> {
    let mut by_step: HashMap<StepId, Vec<Log>> = HashMap::new();
    if logs {
        for log in reader.logs_of_build(build.buildid)? {
            by_step.entry(log.stepid).or_default().push(log);
        }
    }
    let steps = reader.steps_of(build.buildid)?.into_iter().map(|step| {
        let logs = by_step.remove(&step.stepid).unwrap_or_default().into_iter();
        let logs = logs.map(|log| LogReport { url: urls::log(page, &step, &log), log }).collect();
        StepWithLogs { step, logs }
    });
    Ok(steps.collect())
}

/// A buildset as it is now, with all builds of its requests: a retried request has several.
pub(in crate::data) fn buildset(
    reader: &Reader<'_>,
    site: &Site,
    id: BuildsetId,
    want: Want,
) -> Result<BuildsetReport, DataError> {
    let buildset = found(reader.buildset(id)?, "buildset", id)?;
    with_buildset(reader, site, buildset, want)
}

/// A buildset as the event says, when the event is about it, else as it is now.
pub(in crate::data) fn buildset_as_told(
    reader: &Reader<'_>,
    site: &Site,
    (id, event): (BuildsetId, Option<&ReporterEvent>),
    want: Want,
) -> Result<BuildsetReport, DataError> {
    match event.map(|event| &event.body) {
        Some(EventBody::Buildset(report)) if report.buildset.bsid == id => {
            let made_up = report.builds.first().is_some_and(|report| report.build.buildid == MADE_UP);
            if made_up { Ok(report.clone()) } else { with_buildset(reader, site, report.buildset.clone(), want) }
        }
        _ => buildset(reader, site, id, want),
    }
}

/// A buildset as it is given.
pub(in crate::data) fn with_buildset(
    reader: &Reader<'_>,
    site: &Site,
    buildset: Buildset,
    want: Want,
) -> Result<BuildsetReport, DataError> {
    let mut builds = Vec::new();
    for request in reader.buildrequests_of(buildset.bsid)? {
        for build in reader.builds_of_request(request.buildrequestid)? {
            builds.push(with_build(reader, site, build, want)?);
        }
    }
    Ok(BuildsetReport { buildset, builds })
}
