//! Reporters: how far they are, what they may reach, and what went wrong.

use super::State;
use super::error::Error;
use crate::plugin::Reporter;
use crate::store::Incident;
use axum::Json;
use axum::extract::State as Shared;
use serde_json::Value;
use serde_json::json;
use std::sync::Arc;

/// Incidents shown for each reporter.
const INCIDENTS: usize = 20;

/// `GET /api/v2/reporters`
pub(super) async fn list(Shared(state): Shared<State>) -> Result<Json<Value>, Error> {
    let names: Vec<_> = state.reporters.keys().cloned().collect();
    let incidents = state
        .store
        .read(move |reader| names.iter().map(|name| reader.incidents(name, INCIDENTS)).collect::<Result<Vec<_>, _>>())
        .await?;
    let last = *state.store.committed().borrow();
    let progress = state.progress.reporters();
    let shown = state.reporters.values().zip(incidents).map(|(reporter, incidents)| {
        let at = progress.get(&reporter.name).cloned().unwrap_or_default();
        let mut shown = describe(reporter, &incidents);
        if let Value::Object(fields) = &mut shown {
            fields.insert("position".to_owned(), json!(at.position));
            fields.insert("behind".to_owned(), json!(last.0 - at.position.0));
            fields.insert("trouble".to_owned(), json!(at.trouble));
            fields.insert("calls".to_owned(), json!(at.calls));
            fields.insert("failed_calls".to_owned(), json!(at.failed_calls));
        }
        shown
    });
    let shown: Vec<Value> = shown.collect();
    let total = shown.len();
    Ok(Json(json!({"reporters": shown, "meta": {"total": total}})))
}

fn describe(reporter: &Arc<Reporter>, incidents: &[Incident]) -> Value {
    let destinations: Vec<String> = reporter.grants.destinations().map(ToString::to_string).collect();
    let secrets: Vec<&str> = reporter.grants.secrets().map(|name| name.0.as_str()).collect();
    let key_files: Vec<&str> = reporter.grants.key_files().collect();
    json!({
        "name": reporter.name,
        "plugin": reporter.plugin.name,
        "grants": {
            "destinations": destinations,
            "secrets": secrets,
            "key_files": key_files,
            "control": reporter.grants.control().is_ok(),
        },
        "incidents": incidents.iter().map(incident).collect::<Vec<_>>(),
    })
}

pub(super) fn incident(incident: &Incident) -> Value {
    json!({
        "event": incident.seq,
        "topic": incident.topic,
        "at_ms": incident.at,
        "kind": incident.kind,
        "reason": incident.reason,
        "stderr": incident.stderr,
    })
}
