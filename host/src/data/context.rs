//! The context of formatters: an object with the names of Buildbot's formatter context, so that templates and
//! format functions carry over.

use super::DataError;
use super::Site;
use super::reports;
use super::urls;
use crate::model::*;
use crate::store::Reader;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeSet;

/// Everything that a formatter may want of a build.
const WANT: Want = Want::ALL;

/// The context as JSON text.
pub(super) fn of(
    reader: &Reader<'_>,
    site: &Site,
    (about, mode): (&About, &[String]),
    event: Option<&ReporterEvent>,
) -> Result<String, DataError> {
    let context = match about {
        About::Build(id) => build(site, &build_report(reader, site, *id, event)?, mode, false),
        About::BuildInSet(id) => build(site, &build_report(reader, site, *id, event)?, mode, true),
        About::Buildset(id) => {
            let report = match event.map(|event| &event.body) {
                Some(EventBody::Buildset(report)) if report.buildset.bsid == *id => {
                    reports::with_buildset(reader, site, report.buildset.clone(), WANT)?
                }
                _ => reports::buildset(reader, site, *id, WANT)?,
            };
            let owner = reader.buildset_properties(*id)?.remove("owner").map(|(value, _)| value);
            buildset(site, &report, (mode, owner))
        }
        About::Request(id) => match event.map(|event| &event.body) {
            Some(EventBody::Request(report)) if report.request.buildrequestid == *id => request(site, report, mode),
            _ => request(site, &reports::request(reader, site, *id)?, mode),
        },
        About::Worker(id) => {
            let worker = reader.worker(*id)?.ok_or_else(|| DataError::NotFound(format!("no worker {id}")))?;
            worker_context(site, &worker, event)
        }
        About::Other(_) => {
            return Err(DataError::Invalid("this host knows nothing of what it shall format".to_owned()));
        }
    };
    Ok(context.to_string())
}

/// The build as the event says, when the event is about it.
fn build_report(
    reader: &Reader<'_>,
    site: &Site,
    id: BuildId,
    event: Option<&ReporterEvent>,
) -> Result<BuildReport, DataError> {
    match event.map(|event| &event.body) {
        Some(EventBody::Build(report)) if report.build.buildid == id => {
            reports::with_build(reader, site, report.build.clone(), WANT)
        }
        _ => reports::build(reader, site, id, WANT),
    }
}

fn build(site: &Site, report: &BuildReport, mode: &[String], in_set: bool) -> Value {
    let previous = report.previous.as_ref().and_then(|previous| previous.results);
    let mut context = common(site, mode, report.build.results);
    let worker = report.properties.get("workername").and_then(|(value, _)| value.as_str());
    let more = json!({
        "build": build_dict(site, report),
        "buildset": report.buildset,
        "buildername": report.builder.name,
        "workername": worker.unwrap_or("<unknown>"),
        "is_buildset": in_set,
        "projects": projects(site, &report.buildset),
        "previous_results": previous,
        "status_detected": status_detected(report.build.results, previous, mode),
        "build_url": report.url,
        "blamelist": report.users,
        "summary": summary(&report.build),
        "sourcestamps": sourcestamps(&report.buildset),
    });
    merge(&mut context, more);
    Value::Object(context)
}

/// Whom a buildset concerns is its owner alone.
fn buildset(site: &Site, report: &BuildsetReport, (mode, owner): (&[String], Option<Value>)) -> Value {
    let mut context = common(site, mode, report.buildset.results);
    let more = json!({
        "buildset": report.buildset,
        "builds": report.builds.iter().map(|build| build_dict(site, build)).collect::<Vec<_>>(),
        "is_buildset": true,
        "projects": projects(site, &report.buildset),
        "status_detected": status_detected(report.buildset.results, None, mode),
        "blamelist": owner.into_iter().collect::<Vec<_>>(),
        "sourcestamps": sourcestamps(&report.buildset),
    });
    merge(&mut context, more);
    Value::Object(context)
}

fn request(site: &Site, report: &RequestReport, mode: &[String]) -> Value {
    let mut context = common(site, mode, Results::from_code(report.request.results));
    let more = json!({
        "build": {
            "buildrequest": report.request, "buildset": report.buildset, "builder": report.builder,
            "builderid": report.builder.builderid, "url": report.url, "complete": report.request.complete,
            "results": Results::from_code(report.request.results),
            "properties": report.properties,
        },
        "buildset": report.buildset,
        "buildername": report.builder.name,
        "is_buildset": true,
        "projects": projects(site, &report.buildset),
        "build_url": report.url,
        "sourcestamps": sourcestamps(&report.buildset),
    });
    merge(&mut context, more);
    Value::Object(context)
}

fn worker_context(site: &Site, worker: &Worker, event: Option<&ReporterEvent>) -> Value {
    let mut dict = json!(worker);
    if let (Value::Object(dict), Some(EventBody::Worker(report))) = (&mut dict, event.map(|event| &event.body))
        && report.worker.workerid == worker.workerid
    {
        dict.insert("last_connection".to_owned(), json!(report.last_connection));
        dict.insert("notify".to_owned(), json!(report.notify));
    }
    json!({"buildbot_title": site.title, "buildbot_url": site.url, "worker": dict})
}

fn common(site: &Site, mode: &[String], results: Option<Results>) -> Map<String, Value> {
    let mut context = Map::new();
    merge(
        &mut context,
        json!({
            "results": results,
            "result_names": Results::ALL.map(Results::name),
            "mode": mode,
            "buildbot_title": site.title,
            "buildbot_url": site.url,
        }),
    );
    context
}

fn merge(context: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        context.extend(more);
    }
}

/// The build as Buildbot hands it to formatters: with builder, request, properties, steps and their logs in it.
fn build_dict(site: &Site, report: &BuildReport) -> Value {
    let mut dict = json!(report.build);
    let steps: Vec<Value> = report.steps.iter().map(|step| step_dict(site, step)).collect();
    let more = json!({
        "builder": report.builder,
        "buildrequest": report.request,
        "buildset": report.buildset,
        "parentbuild": report.parent.as_ref().map(|parent| &parent.build),
        "parentbuilder": report.parent.as_ref().map(|parent| &parent.builder),
        "url": report.url,
        "properties": report.properties,
        "prev_build": report.previous,
        "steps": steps,
        "changes": report.changes,
    });
    if let Value::Object(dict) = &mut dict {
        merge(dict, more);
    }
    dict
}

fn step_dict(site: &Site, step: &StepWithLogs) -> Value {
    let logs: Vec<Value> = step
        .logs
        .iter()
        .map(|report| {
            let mut dict = json!(report.log);
            let more = json!({
                "stepname": step.step.name,
                "url": report.url,
                "url_raw": urls::log_raw(site, &report.log, false),
                "url_raw_inline": urls::log_raw(site, &report.log, true),
            });
            if let Value::Object(dict) = &mut dict {
                merge(dict, more);
            }
            dict
        })
        .collect();
    let mut dict = json!(step.step);
    if let Value::Object(dict) = &mut dict {
        dict.insert("logs".to_owned(), Value::Array(logs));
    }
    dict
}

/// The projects of the stamps, distinct and sorted; the site's title when there are none.
fn projects(site: &Site, buildset: &Buildset) -> String {
    let names: BTreeSet<&str> =
        buildset.sourcestamps.iter().map(|s| s.project.as_str()).filter(|p| !p.is_empty()).collect();
    if names.is_empty() { site.title.clone() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}

fn status_detected(results: Option<Results>, previous: Option<Results>, mode: &[String]) -> String {
    let asked = |name: &str| mode.iter().any(|mode| mode == name);
    let changed_from = |from: Results| previous.is_some_and(|previous| previous != from);
    match results {
        None => "not finished build".to_owned(),
        Some(Results::Failure) if (asked("change") || asked("problem")) && changed_from(Results::Failure) => {
            "new failure".to_owned()
        }
        Some(Results::Failure) => "failed build".to_owned(),
        Some(Results::Warnings) => "problem in the build".to_owned(),
        Some(Results::Success) if asked("change") && changed_from(Results::Success) => "restored build".to_owned(),
        Some(Results::Success) => "passing build".to_owned(),
        Some(Results::Exception) => "build exception".to_owned(),
        Some(other) => format!("{} build", other.name()),
    }
}

fn summary(build: &Build) -> String {
    let text = match build.state_string.as_str() {
        "" => String::new(),
        state => format!(": {state}"),
    };
    match build.results {
        Some(Results::Success) => "Build succeeded!".to_owned(),
        Some(Results::Warnings) => format!("Build Had Warnings{text}"),
        Some(Results::Cancelled) => "Build was cancelled".to_owned(),
        _ => format!("BUILD FAILED{text}"),
    }
}

fn sourcestamps(buildset: &Buildset) -> String {
    let line = |stamp: &SourceStamp| {
        let codebase = if stamp.codebase.is_empty() { String::new() } else { format!(" '{}'", stamp.codebase) };
        let branch = stamp
            .branch
            .as_ref()
            .filter(|branch| !branch.is_empty())
            .map(|branch| format!("[branch {branch}] "))
            .unwrap_or_default();
        let revision = stamp.revision.as_deref().filter(|revision| !revision.is_empty()).unwrap_or("HEAD");
        let patch = if stamp.patch.is_some() { " (plus patch)" } else { "" };
        format!("Build Source Stamp{codebase}: {branch}{revision}{patch}\n")
    };
    buildset.sourcestamps.iter().map(line).collect()
}
