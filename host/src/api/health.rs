//! Health: whether the host takes updates, and whether everything that came in is settled.

use super::State;
use super::clock;
use super::error::Error;
use crate::store::StoreError;
use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde_json::Value;
use serde_json::json;

/// `GET /api/v2/health`: 200 while updates are taken, 503 when not.
///
/// `settled`: every reporter has seen the newest event and what it was told, and no delivery is owed.
pub(super) async fn health(Shared(state): Shared<State>) -> Result<(StatusCode, Json<Value>), Error> {
    let last = *state.store.committed().borrow();
    let reached = state.progress.reached(last);
    let (names, now) = (state.reporters.keys().cloned().collect::<Vec<_>>(), clock::now());
    let (owed, told) = state
        .store
        .read(move |reader| Ok::<_, StoreError>((reader.open_deliveries()?, reader.is_told(&names, now)?)))
        .await?;
    let troubled: Vec<_> = state.progress.reporters().into_iter().filter(|(_, at)| at.trouble.is_some()).collect();
    let open = state.store.is_open();
    let status = if open { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": if open { "ok" } else { "closed" },
        "settled": reached && owed == 0 && !told,
        "events": last,
        "owed": owed,
        "trouble": troubled.into_iter().map(|(name, at)| json!({"reporter": name, "reason": at.trouble})).collect::<Vec<_>>(),
    });
    Ok((status, Json(body)))
}
