//! What becomes of what a request means: changes are written, pollers are asked, and the answer says how many.

use crate::api::State;
use crate::api::error::Error;
use crate::data::control;
use crate::data::hooks::add_changes;
use crate::data::updates::UpdateError;
use crate::data::updates::idempotency::Key;
use crate::data::updates::idempotency::Reply;
use crate::data::updates::idempotency::once;
use crate::model::NewHookChange;
use crate::model::Poke;
use crate::model::Timestamp;
use crate::plugin::ChangeHook;
use crate::store::Tx;
use axum::http::HeaderName;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::response::Response;
use sha2::Digest;
use sha2::Sha256;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key of a request that has the id of a delivery, by which it is known when it comes again: the same id with another
/// body or query is another request, because GitLab gives one id to all that a hook sets off.
pub(super) fn key(hook: &ChangeHook, (head, body): (&Parts, &[u8])) -> Result<Option<Key>, Error> {
    let mut ids = hook.description.delivery.iter().filter_map(|name| Some((name, head.headers.get(name)?)));
    let Some((name, id)) = ids.next() else { return Ok(None) };
    let query = head.uri.query().unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [name.as_bytes(), id.as_bytes(), query.as_bytes(), body] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let key: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    // No token has a colon in its name.
    Ok(Some(Key::new((&format!("hook:{}", hook.dialect), &key), &[])?))
}

/// Adds the changes, unless a request of this key did.
pub(super) async fn add(
    state: &State,
    now: Timestamp,
    (key, changes): (Option<Key>, Vec<NewHookChange>),
) -> Result<Response, Error> {
    if changes.is_empty() {
        return Ok(found(0).into_response());
    }
    let count = changes.len();
    let add = move |tx: &mut Tx<'_>| add_changes(tx, now, changes);
    let Some(key) = key else {
        return Ok(found(state.store.write(add).await?).into_response());
    };
    let reply: Result<Reply, UpdateError> =
        state.store.write(move |tx| once(tx, now, key, |tx| Ok(add(tx)?.to_string()))).await;
    Ok(match reply? {
        Reply::First(_) => found(count).into_response(),
        Reply::Replayed(count) => ([(REPLAYED, "true")], found(count.parse().unwrap_or(0))).into_response(),
    })
}

/// Asks change sources to look for changes. That they look is not waited for.
pub(super) async fn poke(state: &State, now: Timestamp, poke: Poke) -> Result<Response, Error> {
    state.store.write(move |tx| control::poke(tx, now, &poke)).await?;
    Ok(found(0).into_response())
}

/// As Buildbot says it, whatever the number.
fn found(count: usize) -> (StatusCode, String) {
    let count = if count == 0 { "no".to_owned() } else { count.to_string() };
    (StatusCode::ACCEPTED, format!("{count} change found"))
}
