//! What becomes of what a request means: changes are written, pollers are asked, and the answer says how many.

use super::deliveries::Delivery;
use super::dialects::Dialect;
use crate::api::State;
use crate::api::error::Error;
use crate::data::control;
use crate::data::hooks::add_changes;
use crate::data::updates::UpdateError;
use crate::data::updates::idempotency::Reply;
use crate::data::updates::idempotency::once;
use crate::model::HookOutcome;
use crate::model::NewHookChange;
use crate::model::Timestamp;
use crate::store::Tx;
use axum::http::HeaderName;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Does what the request means, and remembers that of a request that can come again.
pub(super) async fn done(
    state: &State,
    dialect: &Dialect,
    (outcome, delivery): (HookOutcome, Option<&Delivery>),
    now: Timestamp,
) -> Result<Response, Error> {
    match outcome {
        HookOutcome::Changes(changes) if changes.is_empty() => {}
        HookOutcome::Changes(changes) => return add(state, now, (delivery, changes)).await,
        // That they look is not waited for.
        HookOutcome::Poke(poke) => state.store.write(move |tx| control::poke(tx, now, &poke)).await?,
        HookOutcome::Fetch(_) => return Err(Error::hook_failed()),
    }
    if let Some(delivery) = delivery {
        delivery.was_fruitless(dialect, now);
    }
    Ok(found(0).into_response())
}

/// Adds the changes, unless the same request did meanwhile.
async fn add(
    state: &State,
    now: Timestamp,
    (delivery, changes): (Option<&Delivery>, Vec<NewHookChange>),
) -> Result<Response, Error> {
    let count = changes.len();
    let add = move |tx: &mut Tx<'_>| add_changes(tx, now, changes);
    let Some(key) = delivery.map(Delivery::key) else {
        return Ok(found(state.store.write(add).await?).into_response());
    };
    let reply: Result<Reply, UpdateError> =
        state.store.write(move |tx| once(tx, now, key, |tx| Ok(add(tx)?.to_string()))).await;
    Ok(match reply? {
        Reply::First(_) => found(count).into_response(),
        Reply::Replayed(count) => again(count.parse().unwrap_or(0)),
    })
}

/// To a request that comes again.
pub(super) fn again(count: usize) -> Response {
    ([(REPLAYED, "true")], found(count)).into_response()
}

/// As Buildbot says it, whatever the number.
fn found(count: usize) -> (StatusCode, String) {
    let count = if count == 0 { "no".to_owned() } else { count.to_string() };
    (StatusCode::ACCEPTED, format!("{count} change found"))
}
