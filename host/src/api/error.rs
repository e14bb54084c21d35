//! Errors as the client sees them: a status and `{"error": "…"}`.
//!
//! What went wrong inside goes to the log; the client gets a plain sentence.

use crate::data::DataError;
use crate::data::logs::AppendError;
use crate::data::updates::UpdateError;
use crate::store::StoreError;
use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::json;

#[derive(Debug)]
pub(super) struct Error {
    status: StatusCode,
    message: String,
}

impl Error {
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.into() }
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, message: message.into() }
    }

    pub(super) fn wrong_method() -> Self {
        Self { status: StatusCode::METHOD_NOT_ALLOWED, message: "this path does not take that method".to_owned() }
    }

    pub(super) fn wrong_type() -> Self {
        let message = "the body must be JSON: send content-type: application/json".to_owned();
        Self { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, message }
    }

    pub(super) fn gone(message: impl Into<String>) -> Self {
        Self { status: StatusCode::GONE, message: message.into() }
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, message: message.into() }
    }

    pub(super) fn not_of_type(kind: &str) -> Self {
        let message = format!("the body must be sent with content-type: {kind}");
        Self { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, message }
    }

    pub(super) fn stalled(message: impl Into<String>) -> Self {
        Self { status: StatusCode::REQUEST_TIMEOUT, message: message.into() }
    }

    pub(super) fn busy(message: impl Into<String>) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, message: message.into() }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"error": self.message}))).into_response()
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TooSlow => {
                let message = "the question took too long; ask for less".to_owned();
                Self { status: StatusCode::SERVICE_UNAVAILABLE, message }
            }
            StoreError::Closed => {
                let message = "the host takes no more work: it is stopping, or its disk failed".to_owned();
                Self { status: StatusCode::SERVICE_UNAVAILABLE, message }
            }
            StoreError::Unavailable(_) => Self { status: StatusCode::SERVICE_UNAVAILABLE, message: error.to_string() },
            StoreError::Sqlite(_) | StoreError::Corrupt { .. } | StoreError::Commit(_) => {
                tracing::error!(%error, "the database failed");
                let message = "the database failed; nothing was written, the host's log says more".to_owned();
                Self { status: StatusCode::INTERNAL_SERVER_ERROR, message }
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
            error => Self { status, message: error.to_string() },
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
        Self { status, message: error.to_string() }
    }
}

impl From<BytesRejection> for Error {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let message = "the body is larger than [server] max_body_bytes allows".to_owned();
                Self { status: StatusCode::PAYLOAD_TOO_LARGE, message }
            }
            _ => Self::bad_request(rejection.body_text()),
        }
    }
}
