//! The context of review callbacks: what formatters are told, and what Buildbot's callbacks get by name.

use super::Telling;
use super::build;
use super::buildset;
use super::compared;
use super::merge;
use super::told;
use super::want;
use crate::data::DataError;
use crate::data::Site;
use crate::data::reports;
use crate::model::*;
use crate::store::Reader;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// The context as JSON text.
pub(in crate::data) fn of(
    reader: &Reader<'_>,
    site: &Site,
    (about, scope): (&About, &ReviewScope),
    event: Option<&ReporterEvent>,
) -> Result<String, DataError> {
    let context = match about {
        About::Build(id) | About::BuildInSet(id) => one((reader, site), (*id, event), &scope.extent)?,
        About::Buildset(id) => whole((reader, site), (*id, event), scope)?,
        About::Other(json) => told(json)?,
        About::Request(_) | About::Worker(_) => {
            return Err(DataError::Invalid("a review is about a build or a buildset".to_owned()));
        }
    };
    super::written(&context)
}

fn one(
    (reader, site): (&Reader<'_>, &Site),
    about: (BuildId, Option<&ReporterEvent>),
    scope: &Extent,
) -> Result<Value, DataError> {
    let report = compared((reader, site), about, Previous::Usual, want(scope))?;
    let context = build(&Telling { reader: Some(reader), site, scope }, &report, &[], false)?;
    Ok(with(context, report.build.results, json!({"builderName": report.builder.name})))
}

/// A buildset, with the builds of others that belong to it.
fn whole(
    (reader, site): (&Reader<'_>, &Site),
    (id, event): (BuildsetId, Option<&ReporterEvent>),
    scope: &ReviewScope,
) -> Result<Value, DataError> {
    let want = want(&scope.extent);
    let mut report = reports::buildset_as_told(reader, site, (id, event), want)?;
    for id in &scope.buildsets {
        let other = reports::buildset(reader, site, *id, want)?;
        let results = [report.buildset.results, results(&other, &scope.replaced)].into_iter().flatten();
        report.buildset.results = results.reduce(Results::worse);
        report.builds.extend(other.builds);
    }
    report.builds = counted(report.builds);
    report.builds.retain(|build| !scope.replaced.contains(&build.build.buildid));
    report.builds.retain(|build| scope.builders.as_ref().is_none_or(|names| names.contains(&build.builder.name)));
    report.builds.sort_by(|one, other| one.builder.name.cmp(&other.builder.name));
    let owner = reader.buildset_properties(id)?.remove("owner").map(|(value, _)| value);
    let telling = Telling { reader: Some(reader), site, scope: &scope.extent };
    let context = buildset(&telling, &report, (&[], owner))?;
    let dicts = context["builds"].as_array().cloned().unwrap_or_default();
    let infos: Vec<Value> = report.builds.iter().zip(dicts).map(|(build, dict)| info(build, dict)).collect();
    Ok(with(context, report.buildset.results, json!({"buildInfoList": infos})))
}

/// How it went with it; of one with builds that do not count, with the others.
fn results(buildset: &BuildsetReport, replaced: &[BuildId]) -> Option<Results> {
    let is_replaced = |build: &BuildReport| replaced.contains(&build.build.buildid);
    if !buildset.builds.iter().any(is_replaced) {
        return buildset.buildset.results;
    }
    let left = buildset.builds.iter().filter(|build| !is_replaced(build));
    left.filter_map(|build| build.build.results).reduce(Results::worse)
}

/// Without those that were tried again: the last build of a request is what counts.
fn counted(builds: Vec<BuildReport>) -> Vec<BuildReport> {
    let requests: Vec<BuildRequestId> = builds.iter().map(|build| build.request.buildrequestid).collect();
    let counts = |(i, build): (usize, BuildReport)| {
        let again = requests[i + 1..].contains(&requests[i]) && build.build.results == Some(Results::Retry);
        (!again).then_some(build)
    };
    builds.into_iter().enumerate().filter_map(counts).collect()
}

fn info(report: &BuildReport, dict: Value) -> Value {
    let results = report.build.results;
    json!({
        "name": report.builder.name, "result": results, "resultText": result_text(results),
        "text": report.build.state_string, "url": report.url, "build": dict,
    })
}

fn result_text(results: Option<Results>) -> String {
    match results {
        Some(Results::Success) => "succeeded".to_owned(),
        Some(Results::Failure) => "failed".to_owned(),
        Some(Results::Warnings) => "completed with warnings".to_owned(),
        Some(Results::Exception) => "encountered an exception".to_owned(),
        Some(other @ (Results::Skipped | Results::Retry | Results::Cancelled)) => {
            format!("completed with unknown result {}", other.code())
        }
        None => "completed with unknown result None".to_owned(),
    }
}

/// What callbacks of every moment are told besides. The argument is the reporter's to say.
fn with(context: Value, results: Option<Results>, more: Value) -> Value {
    let mut context = match context {
        Value::Object(context) => context,
        _ => Map::new(),
    };
    merge(&mut context, json!({"resultsName": results.map(Results::name), "arg": null}));
    merge(&mut context, more);
    Value::Object(context)
}
