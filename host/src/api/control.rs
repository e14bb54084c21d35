//! Control: the posts by which people ask the CI system for something. Their language is JSON-RPC (`rpc`).

use super::State;
use super::access::Caller;
use super::clock;
use super::deliveries::parse_id;
use super::error::Error;
use super::read::ROOT;
use super::rpc;
use super::rpc::Failure;
use crate::data::control::Ask;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::Uri;
use axum::response::Response;
use serde_json::Map;
use serde_json::Value;

/// `POST /api/v2/{path}`: an action on what the path names.
pub(super) async fn resource(
    Shared(state): Shared<State>,
    // The path as it stands in the request: a name may hold an encoded slash.
    (Extension(caller), uri): (Extension<Caller>, Uri),
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let path = uri.path().strip_prefix(ROOT).unwrap_or_default();
    rpc::answered(&headers, body, |method, params| ask(&state, path, (method, params), caller.owner())).await
}

/// A post about what takes none: the text of a log.
pub(super) async fn nothing(headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    rpc::answered(&headers, body, |method, _| async move { Err(Failure::unsupported(&method)) }).await
}

async fn ask(
    state: &State,
    path: &str,
    (method, params): (String, Map<String, Value>),
    owner: &str,
) -> Result<Value, Failure> {
    let parts = state.data.resource_path(path).map_err(Error::from)?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ask = Ask::read(&parts, &method, params, owner)?;
    let now = clock::now().seconds();
    Ok(state.store.write(move |tx| ask.apply(tx, now)).await?)
}

/// `POST /api/v2/deliveries/{id}`, method `retry`: sends a settled delivery again.
pub(super) async fn delivery(
    Shared(state): Shared<State>,
    (Extension(caller), Path(id)): (Extension<Caller>, Path<String>),
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let (state, caller, id) = (&state, &caller, &id);
    rpc::answered(&headers, body, |method, _| async move {
        match method.as_str() {
            "retry" => retry(state, id).await?,
            other => return Err(Failure::unsupported(other)),
        }
        tracing::info!(owner = caller.owner(), delivery = id, "a delivery is sent again");
        Ok(Value::Null)
    })
    .await
}

async fn retry(state: &State, id: &str) -> Result<(), Error> {
    let (id, now) = (parse_id(id)?, clock::now());
    let (known, retried) = state
        .store
        .write(move |tx| Ok::<_, crate::store::StoreError>((tx.delivery(id)?.is_some(), tx.retry_delivery(id, now)?)))
        .await?;
    match (known, retried) {
        (_, true) => Ok(()),
        (true, false) => Err(Error::bad_request(format!(
            "delivery {id} was delivered, is still on its way, or a newer one has taken its place"
        ))),
        (false, false) => Err(Error::not_found(format!("no delivery {id}"))),
    }
}
