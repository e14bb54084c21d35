//! JSON-RPC 2.0 as Buildbot takes it: one request with an object of parameters, and an answer that is always given.
//!
//! Not here: what is asked for (`control`).

use super::error::Error;
use super::media_type;
use crate::data::control::ControlError;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::future::Future;

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
const INTERNAL_ERROR: i64 = -32603;

/// A request that reads.
struct Request {
    id: Value,
    method: String,
    params: Map<String, Value>,
}

/// What went wrong: a code of JSON-RPC's with the status of HTTP that Buildbot has for it.
pub(super) struct Failure {
    status: StatusCode,
    code: i64,
    message: Value,
}

impl Request {
    fn read(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Self, Failure> {
        let body = body.map_err(Error::from)?;
        if !media_type::is(headers, media_type::JSON) {
            return Err(Failure::invalid("Invalid content-type (use application/json)"));
        }
        let root = serde_json::from_slice(&body)
            .map_err(|error| Failure::bad(PARSE_ERROR, format!("JSON parse error: {error}")))?;
        match root {
            Value::Object(fields) => Self::of(fields),
            Value::Array(_) => Err(Failure::invalid("JSONRPC batch requests are not supported")),
            _ => Err(Failure::invalid("JSONRPC root object must be an object")),
        }
    }

    fn of(mut fields: Map<String, Value>) -> Result<Self, Failure> {
        let mut take =
            |name: &str| fields.remove(name).ok_or_else(|| Failure::invalid(format!("missing key '{name}'")));
        let must = |name: &str, what: &str| Failure::invalid(format!("'{name}' must be {what}"));
        let Value::String(version) = take("jsonrpc")? else { return Err(must("jsonrpc", "a string")) };
        let Value::String(method) = take("method")? else { return Err(must("method", "a string")) };
        let id = take("id")?;
        if !matches!(id, Value::String(_) | Value::Number(_) | Value::Null) {
            return Err(must("id", "a string, number, or null"));
        }
        let Value::Object(params) = take("params")? else { return Err(must("params", "an object")) };
        match version.as_str() {
            "2.0" => Ok(Self { id, method, params }),
            _ => Err(Failure::invalid("only JSONRPC 2.0 is supported")),
        }
    }
}

impl Failure {
    fn bad(code: i64, message: impl Into<Value>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<Value>) -> Self {
        Self::bad(INVALID_REQUEST, message)
    }

    pub(super) fn unsupported(action: &str) -> Self {
        ControlError::Unsupported(action.to_owned()).into()
    }

    /// The answer; `id` stands in it when the request read so far.
    fn answer(self, id: Option<&Value>) -> Response {
        let mut body = json!({"jsonrpc": "2.0", "error": {"code": self.code, "message": self.message}});
        if let (Some(id), Value::Object(fields)) = (id, &mut body) {
            fields.insert("id".to_owned(), id.clone());
        }
        (self.status, Json(body)).into_response()
    }
}

/// Reads a post, lets `act` do what it asks for, and answers with what came of it.
pub(super) async fn answered<F: Future<Output = Result<Value, Failure>>>(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    act: impl FnOnce(String, Map<String, Value>) -> F,
) -> Response {
    let Request { id, method, params } = match Request::read(headers, body) {
        Ok(request) => request,
        Err(failure) => return failure.answer(None),
    };
    match act(method, params).await {
        Ok(result) => Json(json!({"jsonrpc": "2.0", "id": id, "result": result})).into_response(),
        Err(failure) => failure.answer(Some(&id)),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = if error.status().is_server_error() { INTERNAL_ERROR } else { INVALID_REQUEST };
        Self { status: error.status(), code, message: error.message().into() }
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        let message = error.to_string();
        match error {
            ControlError::Unsupported(_) => {
                Self { status: StatusCode::NOT_IMPLEMENTED, code: METHOD_NOT_FOUND, message: message.into() }
            }
            ControlError::NotFound(message) => Error::not_found(message).into(),
            ControlError::Refused(_) => Self::invalid(message),
            ControlError::Param { .. } => Self::bad(INVALID_PARAMS, message),
            ControlError::Fields(fields) => Self::bad(INVALID_PARAMS, json!(fields)),
            ControlError::Update(error) => Error::from(error).into(),
        }
    }
}
