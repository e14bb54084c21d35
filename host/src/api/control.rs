//! Control: JSON-RPC 2.0 as Buildbot takes it.

use super::State;
use super::access::Caller;
use super::clock;
use super::deliveries::parse_id;
use super::error::Error;
use super::updates::json_text;
use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// JSON-RPC's codes, with Buildbot's HTTP statuses.
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;

#[derive(Deserialize)]
struct Request {
    jsonrpc: String,
    method: String,
    id: Value,
    #[serde(rename = "params")]
    _params: Map<String, Value>,
}

/// `POST /api/v2/deliveries/{id}`, method `retry`: sends a settled delivery again.
pub(super) async fn delivery(
    Shared(state): Shared<State>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let request = match request(&headers, body) {
        Ok(request) => request,
        Err(error) => return failure(&Value::Null, error.status(), INVALID_REQUEST, error.message()),
    };
    if request.method != "retry" {
        let message = format!("action: {} is not supported", request.method);
        return failure(&request.id, StatusCode::NOT_IMPLEMENTED, METHOD_NOT_FOUND, &message);
    }
    match retry(&state, &id).await {
        Ok(()) => {
            tracing::info!(owner = caller.owner(), delivery = id, "a delivery is sent again");
            Json(json!({"jsonrpc": "2.0", "id": request.id, "result": null})).into_response()
        }
        Err(error) => failure(&request.id, error.status(), INVALID_REQUEST, error.message()),
    }
}

fn request(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Request, Error> {
    let body = body?;
    let request: Request = serde_json::from_str(json_text(headers, &body)?)
        .map_err(|error| Error::bad_request(format!("no JSON-RPC 2.0 request: {error}")))?;
    match request.jsonrpc.as_str() {
        "2.0" => Ok(request),
        _ => Err(Error::bad_request("only JSONRPC 2.0 is supported")),
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

fn failure(id: &Value, status: StatusCode, code: i64, message: &str) -> Response {
    let body = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}});
    (status, Json(body)).into_response()
}
