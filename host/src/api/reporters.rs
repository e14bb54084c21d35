//! Reporters: how far they are, what they may reach, and what went wrong.

use super::State;
use super::error::Error;
use crate::model::ChatPermit;
use crate::plugin::Reporter;
use crate::store::Incident;
use crate::transport::ChatLink;
use crate::transport::ChatState;
use axum::Json;
use axum::extract::State as Shared;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
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
    let (progress, chats) = (state.progress.reporters(), state.transports.chats());
    let shown = state.reporters.values().zip(incidents).map(|(reporter, incidents)| {
        let at = progress.get(&reporter.name).cloned().unwrap_or_default();
        let mut shown = describe(reporter, &incidents);
        if let Value::Object(fields) = &mut shown {
            fields.insert("position".to_owned(), json!(at.position));
            fields.insert("behind".to_owned(), json!(last.0 - at.position.0));
            fields.insert("trouble".to_owned(), json!(at.trouble));
            fields.insert("calls".to_owned(), json!(at.calls));
            fields.insert("failed_calls".to_owned(), json!(at.failed_calls));
            let connections: Vec<Value> =
                reporter.chats.iter().map(|chat| connection(reporter, chat, &chats)).collect();
            fields.insert("connections".to_owned(), json!(connections));
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

/// A chat connection, and how it stands.
fn connection(reporter: &Reporter, chat: &ChatPermit, chats: &BTreeMap<String, ChatState>) -> Value {
    let (connection, server) = (chat.connection(), chat.destination());
    let state = chats.get(&server.of_chat(&reporter.name.0, &connection.name));
    let mut shown = json!({
        "name": connection.name, "server": server.to_string(), "tls": connection.tls.is_some(),
        "state": "ended", "since_ms": state.map(|state| state.since), "nick": null, "channels": [], "missing": {},
        "reason": null, "retry_at_ms": null, "warning": null,
    });
    match state.map(|state| &state.link) {
        Some(ChatLink::Connecting { after }) => {
            shown["state"] = json!("connecting");
            shown["reason"] = json!(after);
        }
        Some(ChatLink::Connected { nick, channels, missing, warning }) => {
            shown["state"] = json!("connected");
            shown["nick"] = json!(nick);
            shown["channels"] = json!(channels);
            shown["missing"] = json!(missing);
            shown["warning"] = json!(warning);
        }
        Some(ChatLink::Down { reason, retry_at }) => {
            shown["state"] = json!("down");
            shown["reason"] = json!(reason);
            shown["retry_at_ms"] = json!(retry_at);
        }
        Some(ChatLink::Ended) | None => {}
    }
    shown
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
