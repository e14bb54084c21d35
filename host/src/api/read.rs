//! Reading the data API, and the answers of paths that are none.

use super::State;
use super::error::Error;
use super::pretty::pretty;
use crate::data::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::Uri;
use axum::http::header::ACCEPT;
use axum::http::header::CONTENT_DISPOSITION;
use axum::http::header::CONTENT_TYPE;
use axum::http::header::VARY;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

/// Where the data API is.
pub(super) const ROOT: &str = "/api/v2/";

/// `GET /api`: the versions, as Buildbot's.
pub(super) async fn versions(Shared(state): Shared<State>) -> Json<Value> {
    Json(json!({"api_versions": {"v2": format!("{}api/v2", state.data.site().url)}}))
}

/// `GET /api/v2/{path}`: resources in Buildbot's envelope.
pub(super) async fn resource(Shared(state): Shared<State>, request: Request) -> Result<Response, Error> {
    // As it stands in the request: the parts are decoded one by one, a name may hold an encoded slash.
    let (request, _) = request.into_parts();
    let path = request.uri.path().strip_prefix(ROOT).unwrap_or_default();
    let json = wants_json(&request.headers);
    Ok(match state.data.answer(path, request.uri.query().unwrap_or_default()).await? {
        Answer::Resources(resources) if json => {
            chosen(Body::from(resources.into_bytes()), "application/json; charset=utf-8")
        }
        Answer::Resources(resources) => {
            chosen(Body::from(pretty(&resources.into_bytes())), "text/plain; charset=utf-8")
        }
        Answer::Bytes { content, name } => attachment(content, &name),
    })
}

pub(super) async fn nothing(uri: Uri) -> Error {
    let hint = match uri.path() {
        "/" => ": the API is below /api/v2, and [www] directory names pages to show here",
        _ => "",
    };
    Error::not_found(format!("nothing is found at {}{hint}", uri.path()))
}

pub(super) async fn wrong_method() -> Error {
    Error::wrong_method()
}

/// As Buildbot has it, people who look with a browser get it readable.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    let json = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("application/json"));
    headers.get_all(ACCEPT).iter().any(json)
}

/// In the form that `Accept` chose: a cache keeps both apart.
pub(super) fn chosen(body: Body, kind: &'static str) -> Response {
    let mut response = typed(body, kind);
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}

fn typed(body: Body, kind: &'static str) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
}

/// The name is an identifier: it needs no quotes, except where it goes beyond ASCII.
fn attachment(content: Vec<u8>, name: &str) -> Response {
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    let disposition = HeaderValue::try_from(format!("attachment; filename*=UTF-8''{name}"));
    let mut response = typed(Body::from(content), "application/octet-stream");
    if let Ok(disposition) = disposition {
        response.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    }
    response
}
