//! Control: the posts by which people ask the CI system for something. Their language is JSON-RPC (`rpc`).

use super::State;
use super::access::Caller;
use super::clock;
use super::deliveries::parse_id;
use super::error::Error;
use super::read::ROOT;
use super::rpc;
use super::rpc::Failure;
use super::rpc::Request;
use crate::data::control::Ask;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::Uri;
use axum::response::Response;
use serde_json::Value;

/// `POST /api/v2/{path}`: an action on what the path names.
pub(super) async fn resource(
    Shared(state): Shared<State>,
    // The path as it stands in the request: a name may hold an encoded slash.
    (Extension(caller), uri): (Extension<Caller>, Uri),
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let request = match Request::read(&headers, body) {
        Ok(request) => request,
        Err(failure) => return failure.answer(None),
    };
    let id = request.id.clone();
    match ask(&state, uri.path().strip_prefix(ROOT).unwrap_or_default(), request, caller.owner()).await {
        Ok(result) => rpc::done(&id, &result),
        Err(failure) => failure.answer(Some(&id)),
    }
}

/// A post about what takes none: the text of a log.
pub(super) async fn nothing(headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    match Request::read(&headers, body) {
        Ok(request) => Failure::unsupported(&request.method).answer(Some(&request.id)),
        Err(failure) => failure.answer(None),
    }
}

async fn ask(state: &State, path: &str, request: Request, owner: &str) -> Result<Value, Failure> {
    let parts = state.data.resource_path(path).map_err(Error::from)?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ask = Ask::read(&parts, &request.method, request.params, owner)?;
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
    let request = match Request::read(&headers, body) {
        Ok(request) => request,
        Err(failure) => return failure.answer(None),
    };
    let retried = match request.method.as_str() {
        "retry" => retry(&state, &id).await.map_err(Failure::from),
        other => Err(Failure::unsupported(other)),
    };
    match retried {
        Ok(()) => {
            tracing::info!(owner = caller.owner(), delivery = id, "a delivery is sent again");
            rpc::done(&request.id, &Value::Null)
        }
        Err(failure) => failure.answer(Some(&request.id)),
    }
}

async fn retry(state: &State, id: &str) -> Result<(), Error> {
    let (id, now) = (parse_id(id)?, clock::now());
    let (known, retried) = state
        .store
        .write(move |tx| Ok::<_, crate::store::StoreError>((tx.delivery(id)?.is_some(), tx.retry_delivery(id, now)?)))
        .await?;
    match (known, retried) {
        (_, true) => Ok(()),
        (true, false) => Err(Error::bad_request(format!("delivery {id} was delivered or is still on its way"))),
        (false, false) => Err(Error::not_found(format!("no delivery {id}"))),
    }
}
