//! What is posted of a build, or of a request that has none: the object of the data API, with what belongs to it.
//!
//! Where the event at hand tells all of it, the store is not asked.

use super::builds::Telling;
use super::builds::build_dict;
use super::builds::request_dict;
use super::compared;
use super::log_contents::Budget;
use super::written;
use crate::data::DataError;
use crate::data::Site;
use crate::data::reports;
use crate::model::*;
use crate::store::Reader;
use serde_json::Map;
use serde_json::Value;

/// The object as JSON text.
pub(in crate::data) fn of(
    reader: &Reader<'_>,
    site: &Site,
    (about, previous, scope): (&About, Previous, &Extent),
    event: Option<&ReporterEvent>,
) -> Result<String, DataError> {
    match about {
        About::Build(id) | About::BuildInSet(id) => {
            let report = compared((reader, site), (*id, event), previous, want(previous, scope))?;
            of_build(&Telling { reader: Some(reader), site, scope }, &report, previous)
        }
        About::Request(id) => {
            let report = reports::request(reader, site, *id)?;
            written(&request_dict(&report, scope.properties))
        }
        About::Buildset(_) | About::Worker(_) | About::Other(_) => {
            Err(DataError::Invalid("only a build or a request can be posted by itself".to_owned()))
        }
    }
}

/// The object as JSON text, where the event tells all of it.
pub(in crate::data) fn of_event(
    site: &Site,
    (about, previous, scope): (&About, Previous, &Extent),
    event: &ReporterEvent,
) -> Option<Result<String, DataError>> {
    match (about, &event.body) {
        (About::Build(id) | About::BuildInSet(id), EventBody::Build(report)) if report.build.buildid == *id => {
            let is_other = matches!(previous, Previous::Build(_));
            let is_whole = want(previous, scope).without(report.gathered) == Want::default();
            let is_told = is_whole && !is_other && scope.contents == Contents::None;
            is_told.then(|| of_build(&Telling { reader: None, site, scope }, report, previous))
        }
        (About::Request(id), EventBody::Request(report)) if report.request.buildrequestid == *id => {
            Some(written(&request_dict(report, scope.properties)))
        }
        _ => None,
    }
}

fn want(previous: Previous, scope: &Extent) -> Want {
    Want {
        properties: scope.properties,
        steps: scope.has_steps(),
        logs: scope.has_logs(),
        previous: previous == Previous::Usual,
        changes: false,
        users: false,
    }
}

fn of_build(telling: &Telling<'_>, report: &BuildReport, previous: Previous) -> Result<String, DataError> {
    let mut object = build_dict(telling, report, &mut Budget::new())?;
    if let Value::Object(object) = &mut object {
        // Only mails and templates are told these.
        object.remove("changes");
        if previous == Previous::None {
            object.remove("prev_build");
        }
        object.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    }
    written(&object)
}
