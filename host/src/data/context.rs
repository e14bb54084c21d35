//! The context of formatters: an object with the names of Buildbot's formatter context, so that templates and
//! format functions carry over.

mod builds;
mod log_contents;
mod reviews;
mod words;

use super::DataError;
use super::Site;
use super::reports;
use crate::model::*;
use crate::store::Reader;
use builds::Telling;
use builds::build_dict;
use log_contents::Budget;
pub(super) use reviews::of as for_review;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use words::projects;
use words::sourcestamps;
use words::status_detected;
use words::summary;

/// The largest context. A formatter has little memory, and there it takes several times as much.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The context as JSON text.
pub(super) fn of(
    reader: &Reader<'_>,
    site: &Site,
    (about, grounds, scope): (&About, &Grounds, &Extent),
    event: Option<&ReporterEvent>,
) -> Result<String, DataError> {
    let telling = Telling { reader, site, scope };
    let mode = grounds.mode.as_slice();
    let compared = |id| compared(&telling, (id, event), grounds.previous);
    let context = match about {
        About::Build(id) => build(&telling, &compared(*id)?, mode, false)?,
        About::BuildInSet(id) => build(&telling, &compared(*id)?, mode, true)?,
        About::Buildset(id) => {
            let report = reports::buildset_as_told(reader, site, (*id, event), want(scope))?;
            let owner = reader.buildset_properties(*id)?.remove("owner").map(|(value, _)| value);
            buildset(&telling, &report, (mode, owner))?
        }
        About::Request(id) => {
            if let Some(EventBody::Request(report)) = event.map(|event| &event.body)
                && report.request.buildrequestid == *id
            {
                request(site, report, mode)
            } else {
                request(site, &reports::request(reader, site, *id)?, mode)
            }
        }
        About::Worker(id) => {
            let worker = reader.worker(*id)?.ok_or_else(|| DataError::NotFound(format!("no worker {id}")))?;
            worker_context(site, &worker, event)
        }
        About::Other(json) => told(json)?,
    };
    text(&context)
}

fn text(context: &Value) -> Result<String, DataError> {
    let context = context.to_string();
    if context.len() > MOST_BYTES { Err(DataError::TooLarge { most_bytes: MOST_BYTES }) } else { Ok(context) }
}

/// What a reporter tells by itself: `{"context": {…}}`.
fn told(json: &str) -> Result<Value, DataError> {
    let unknown = || DataError::Invalid("this host knows nothing of what it shall format".to_owned());
    match serde_json::from_str(json) {
        Ok(Value::Object(mut told)) if told.len() == 1 => match told.remove("context") {
            Some(context @ Value::Object(_)) => Ok(context),
            _ => Err(unknown()),
        },
        _ => Err(unknown()),
    }
}

/// Of a build, what its context cannot do without, and what is to be told of it.
fn want(scope: &Extent) -> Want {
    Want { steps: scope.has_steps(), logs: scope.has_logs(), ..Want::ALL }
}

/// The build as the event says, with the build that it is compared with.
fn compared(
    Telling { reader, site, scope }: &Telling<'_>,
    about: (BuildId, Option<&ReporterEvent>),
    previous: Previous,
) -> Result<BuildReport, DataError> {
    let mut report = reports::build_as_told(reader, site, about, want(scope))?;
    match previous {
        Previous::Usual => {}
        // Of a build that never was, the build before is as made up, and already there.
        Previous::Build(MADE_UP) if about.1.is_some_and(|event| event.made_up().is_some()) => {}
        Previous::None => report.previous = None,
        Previous::Build(id) => {
            let found = reader.build(id)?.ok_or_else(|| DataError::NotFound(format!("no build {id}")))?;
            report.previous = Some(found);
        }
    }
    Ok(report)
}

fn build(telling: &Telling<'_>, report: &BuildReport, mode: &[String], in_set: bool) -> Result<Value, DataError> {
    let previous = report.previous.as_ref().and_then(|previous| previous.results);
    let mut context = common(telling.site, mode, report.build.results);
    let worker = report.properties.get("workername").and_then(|(value, _)| value.as_str());
    let more = json!({
        "build": build_dict(telling, report, &mut Budget::new())?,
        "buildset": report.buildset,
        "buildername": report.builder.name,
        "workername": worker.unwrap_or("<unknown>"),
        "is_buildset": in_set,
        "projects": projects(telling.site, &report.buildset),
        "previous_results": previous,
        "status_detected": status_detected(report.build.results, previous, mode),
        "build_url": report.url,
        "blamelist": report.users,
        "summary": summary(&report.build),
        "sourcestamps": sourcestamps(&report.buildset),
    });
    merge(&mut context, more);
    Ok(Value::Object(context))
}

/// Whom a buildset concerns is its owner alone.
fn buildset(
    telling: &Telling<'_>,
    report: &BuildsetReport,
    (mode, owner): (&[String], Option<Value>),
) -> Result<Value, DataError> {
    let mut left = Budget::new();
    let builds = report.builds.iter().map(|build| build_dict(telling, build, &mut left));
    let mut context = common(telling.site, mode, report.buildset.results);
    let more = json!({
        "buildset": report.buildset,
        "builds": builds.collect::<Result<Vec<_>, _>>()?,
        "is_buildset": true,
        "projects": projects(telling.site, &report.buildset),
        "status_detected": status_detected(report.buildset.results, None, mode),
        "blamelist": owner.into_iter().collect::<Vec<_>>(),
        "sourcestamps": sourcestamps(&report.buildset),
    });
    merge(&mut context, more);
    Ok(Value::Object(context))
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
