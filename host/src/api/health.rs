//! Health: whether the host takes updates, and whether everything that came in is settled.

use super::State;
use super::access::Caller;
use super::clock;
use super::error::Error;
use crate::store::Owed;
use axum::Extension;
use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde_json::Value;
use serde_json::json;

/// `GET /api/v2/health`: 200 while updates are taken, 503 when not.
///
/// Everybody may ask; what troubles a reporter is told to who may read deliveries.
/// `settled`: every reporter has seen the newest event and what it was told, and no delivery is owed.
pub(super) async fn health(
    Shared(state): Shared<State>,
    Extension(caller): Extension<Caller>,
) -> Result<(StatusCode, Json<Value>), Error> {
    let (names, now) = (state.reporters.keys().cloned().collect::<Vec<_>>(), clock::now());
    let slowest = state.progress.slowest();
    let owed: Owed = state.store.read(move |reader| reader.owed(&names, now)).await?;
    let settled = owed.is_nothing() && slowest.is_none_or(|slowest| slowest >= owed.last);
    let troubled: Vec<_> = state.progress.reporters().into_iter().filter(|(_, at)| at.trouble.is_some()).collect();
    let open = state.store.is_open();
    let status = if open { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let told = |reason: Option<String>| reason.filter(|_| caller.is_trusted());
    let body = json!({
        "status": if open { "ok" } else { "closed" },
        "settled": settled,
        "events": owed.last,
        "owed": owed.deliveries,
        "listeners": *state.live.listeners().borrow(),
        "trouble": troubled.into_iter().map(|(name, at)| json!({"reporter": name, "reason": told(at.trouble)})).collect::<Vec<_>>(),
    });
    Ok((status, Json(body)))
}
