//! The build of a test report: complete, and in no store.

use crate::data::DataError;
use crate::data::Site;
use crate::data::urls;
use crate::model::*;
use crate::store::Reader;
use serde_json::Value;

/// What everybody reads who gets the report.
const STATE: &str = "this is a test";
const REASON: &str = "a test report, asked for by hand";

/// The event of a test report; `topic` is what [`Trial::topic`] says.
pub(in crate::data) fn event(
    reader: &Reader<'_>,
    site: &Site,
    trial: &Trial,
    (seq, topic, at): (Seq, &str, Timestamp),
) -> Result<ReporterEvent, DataError> {
    let report = build(builder(reader, trial)?, site, trial, at);
    let body = match topic {
        "buildsets/0/complete" => {
            EventBody::Buildset(BuildsetReport { buildset: report.buildset.clone(), builds: vec![report] })
        }
        _ => EventBody::Build(Box::new(report)),
    };
    Ok(ReporterEvent { seq, topic: topic.to_owned(), at, body })
}

/// The one of that name, else one that is as made up as the build.
fn builder(reader: &Reader<'_>, trial: &Trial) -> Result<Builder, DataError> {
    let known = match reader.builder_id(&trial.builder)? {
        Some(id) => reader.builder(id)?,
        None => None,
    };
    let mut builder = known.unwrap_or_else(|| Builder {
        builderid: BuilderId(0),
        name: trial.builder.clone(),
        masterids: Vec::new(),
        description: None,
        description_format: None,
        description_html: None,
        projectid: None,
        tags: Vec::new(),
    });
    builder.tags.extend(trial.tags.iter().cloned());
    Ok(builder)
}

fn build(builder: Builder, site: &Site, trial: &Trial, at: Timestamp) -> BuildReport {
    let named = |number, results: Results, state: &str| Build {
        buildid: MADE_UP,
        number,
        builderid: builder.builderid,
        buildrequestid: BuildRequestId(0),
        workerid: None,
        masterid: MasterId(0),
        started_at: at,
        complete_at: Some(at),
        locks_duration_s: 0,
        complete: true,
        state_string: state.to_owned(),
        results: Some(results),
        properties: Properties::new(),
    };
    let build = named(0, trial.results, STATE);
    let buildset = buildset(trial, at);
    BuildReport {
        url: urls::build(site, &build),
        previous: trial.previous.map(|results| named(0, results, "a test before")),
        request: request(&builder, trial, at),
        properties: properties(trial),
        build,
        builder,
        buildset,
        parent: None,
        steps: Vec::new(),
        changes: Vec::new(),
        users: trial.users.clone(),
        gathered: Want::ALL,
    }
}

fn properties(trial: &Trial) -> Properties {
    let usual = [
        ("branch", "main"),
        ("reason", REASON),
        ("scheduler", "test"),
        ("workername", "test"),
        ("buildername", trial.builder.as_str()),
    ];
    let usual = usual.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
    let chosen = trial.properties.clone();
    usual.chain(chosen).map(|(name, value)| (name, (value, "test report".to_owned()))).collect()
}

fn buildset(trial: &Trial, at: Timestamp) -> Buildset {
    let branch = trial.properties.get("branch").map_or(Some("main"), Value::as_str);
    let stamp = SourceStamp {
        ssid: SourceStampId(0),
        branch: branch.map(str::to_owned),
        revision: None,
        repository: String::new(),
        project: String::new(),
        codebase: String::new(),
        created_at: at,
        patch: None,
    };
    Buildset {
        bsid: BuildsetId(0),
        external_idstring: None,
        reason: REASON.to_owned(),
        rebuilt_buildid: None,
        submitted_at: at,
        complete: true,
        complete_at: Some(at),
        results: Some(trial.results),
        parent_buildid: None,
        parent_relationship: None,
        sourcestamps: vec![stamp],
    }
}

fn request(builder: &Builder, trial: &Trial, at: Timestamp) -> BuildRequest {
    BuildRequest {
        buildrequestid: BuildRequestId(0),
        buildsetid: BuildsetId(0),
        builderid: builder.builderid,
        priority: 0,
        claimed: true,
        claimed_at: Some(at),
        claimed_by_masterid: None,
        complete: true,
        results: trial.results.code(),
        submitted_at: at,
        complete_at: Some(at),
        waited_for: false,
        properties: None,
    }
}
