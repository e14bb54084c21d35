//! Errors as the client sees them: a status and `{"error": "…"}`.
//!
//! What went wrong inside goes to the log; the client gets a plain sentence.

use crate::data::DataError;
use crate::data::control::PokeError;
use crate::data::logs::AppendError;
use crate::data::updates::UpdateError;
use crate::model::Scope;
use crate::model::Scopes;
use crate::model::TokenName;
use crate::store::StoreError;
use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::IntoResponse;
use axum::response::Response;
use http_body_util::LengthLimitError;
use serde_json::Value;
use serde_json::json;
use std::fmt;
use std::time::Duration;

/// JSON-RPC's code for a request that is refused.
const INVALID_REQUEST: i64 = -32600;

#[derive(Debug)]
pub(super) struct Error {
    status: StatusCode,
    message: String,
    /// What WWW-Authenticate says.
    challenge: Option<String>,
}

impl Error {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), challenge: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    pub(super) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take that method")
    }

    pub(super) fn wrong_type() -> Self {
        let message = "the body must be JSON: send content-type: application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
    }

    /// The host failed; why, goes to the log.
    pub(super) fn internal(cause: &dyn fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the host failed; its log says more")
    }

    /// A body that did not come whole.
    pub(super) fn late(after: Duration) -> Self {
        let message = format!("the body was not there after {} s ([server] request_timeout_ms)", after.as_secs_f32());
        Self::new(StatusCode::REQUEST_TIMEOUT, message)
    }

    pub(super) fn too_slow(after: Duration) -> Self {
        let message = format!(
            "there was no answer after {} s ([server] request_timeout_ms); it may still be done: look before you send it again",
            after.as_secs_f32()
        );
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    /// A body that is too large, or that broke off.
    pub(super) fn broken_body(error: axum::Error) -> Self {
        let too_large = error.into_inner().downcast::<LengthLimitError>().is_ok();
        if too_large { Self::too_large() } else { Self::bad_request("the body broke off") }
    }

    pub(super) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than [server] max_body_bytes allows")
    }

    pub(super) fn no_token(scope: Scope) -> Self {
        let message = format!(
            "this needs a token with the scope {scope}: send it as authorization: Bearer …; `campanile token create` makes one"
        );
        Self { challenge: Some(challenge("")), ..Self::new(StatusCode::UNAUTHORIZED, message) }
    }

    pub(super) fn unknown_token() -> Self {
        let message = "the token in the header authorization is not known here, or it was revoked";
        Self { challenge: Some(challenge(", error=\"invalid_token\"")), ..Self::new(StatusCode::UNAUTHORIZED, message) }
    }

    /// The caller was let in, and may no more.
    pub(super) fn shown_out(message: impl Into<String>) -> Self {
        Self { challenge: Some(challenge(", error=\"invalid_token\"")), ..Self::new(StatusCode::UNAUTHORIZED, message) }
    }

    pub(super) fn lacks_scope(name: &TokenName, scopes: &Scopes, scope: Scope) -> Self {
        let message = format!("the token {name} lacks the scope {scope}: it has {scopes}");
        let lacking = challenge(&format!(", error=\"insufficient_scope\", scope=\"{scope}\""));
        Self { challenge: Some(lacking), ..Self::new(StatusCode::FORBIDDEN, message) }
    }

    /// Of a change hook: no user and password, or not the right ones.
    pub(super) fn no_login() -> Self {
        let challenge = Some("Basic realm=\"Protected area\"".to_owned());
        let message = "this hook asks for a user and a password";
        Self { challenge, ..Self::new(StatusCode::UNAUTHORIZED, message) }
    }

    /// Of a change hook: nothing proves that the request comes from who knows its secret.
    pub(super) fn unsigned(message: impl Into<String>) -> Self {
        let challenge = Some("Signature realm=\"change hook\"".to_owned());
        Self { challenge, ..Self::new(StatusCode::UNAUTHORIZED, message) }
    }

    /// The plugin of a change hook failed; why, was logged.
    pub(super) fn hook_failed() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Error processing changes.")
    }

    pub(super) fn gone(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, message)
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    pub(super) fn not_of_type(kind: &str) -> Self {
        let message = format!("the body must be sent with content-type: {kind}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
    }

    pub(super) fn stalled(message: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, message)
    }

    pub(super) fn busy(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }
}

impl Error {
    /// In JSON-RPC's envelope.
    pub(super) fn into_rpc(self) -> Response {
        let error = json!({"code": INVALID_REQUEST, "message": self.message});
        self.answer(json!({"jsonrpc": "2.0", "id": null, "error": error}))
    }

    /// As a text, for forges, which show it as it is.
    pub(super) fn into_words(self) -> Response {
        let message = self.message.clone();
        self.with_body(message)
    }

    /// With a body of its own.
    pub(super) fn answer(self, body: Value) -> Response {
        self.with_body(Json(body))
    }

    fn with_body(self, body: impl IntoResponse) -> Response {
        let challenge = self.challenge.and_then(|text| HeaderValue::from_str(&text).ok());
        let challenge = challenge.map(|value| [(WWW_AUTHENTICATE, value)]);
        (self.status, challenge.into_iter().flatten().collect::<HeaderMap>(), body).into_response()
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let body = json!({"error": self.message});
        self.answer(body)
    }
}

fn challenge(more: &str) -> String {
    format!("Bearer realm=\"campanile\"{more}")
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TooSlow => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the question took too long; ask for less")
            }
            StoreError::Closed => {
                let message = "the host takes no more work: it is stopping, or its disk failed";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
            }
            StoreError::Unavailable(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            StoreError::EventsTooLarge => Self::bad_request(error.to_string()),
            StoreError::Sqlite(_) | StoreError::Corrupt { .. } | StoreError::Commit(_) => {
                tracing::error!(%error, "the database failed");
                let message = "the database failed; nothing was written, the host's log says more";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
            }
        }
    }
}

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        match error {
            DataError::NotFound(message) => Self::not_found(message),
            DataError::Invalid(message) => Self::bad_request(message),
            DataError::TooLarge { .. } => Self::bad_request(error.to_string()),
            DataError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateError> for Error {
    fn from(error: UpdateError) -> Self {
        let status = match error.cause() {
            UpdateError::UnknownMethod(_) | UpdateError::NotFound { .. } => StatusCode::NOT_FOUND,
            UpdateError::Params { .. } | UpdateError::Invalid { .. } | UpdateError::InBatch { .. } => {
                StatusCode::BAD_REQUEST
            }
            UpdateError::KeyReused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            UpdateError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        match error {
            UpdateError::Store(error) => error.into(),
            error => Self::new(status, error.to_string()),
        }
    }
}

impl From<PokeError> for Error {
    fn from(error: PokeError) -> Self {
        match error {
            PokeError::Unknown(_) => Self::bad_request(error.to_string()),
            PokeError::Update(error) => error.into(),
            PokeError::Store(error) => error.into(),
        }
    }
}

impl From<AppendError> for Error {
    fn from(error: AppendError) -> Self {
        let status = match error {
            AppendError::NoLog(_) => StatusCode::NOT_FOUND,
            AppendError::Place { .. } => StatusCode::CONFLICT,
            AppendError::Finished(_) | AppendError::Deleted(_) | AppendError::Unmarked(_) | AppendError::MidLine(_) => {
                StatusCode::BAD_REQUEST
            }
            AppendError::Update(error) => return error.into(),
            AppendError::Store(error) => return error.into(),
        };
        Self::new(status, error.to_string())
    }
}

impl From<BytesRejection> for Error {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            _ => Self::bad_request(rejection.body_text()),
        }
    }
}
