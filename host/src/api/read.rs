//! Reading the data API, and the answers of paths that are none.

use super::State;
use super::error::Error;
use axum::Json;
use axum::extract::Path;
use axum::extract::RawQuery;
use axum::extract::State as Shared;
use axum::http::Uri;
use serde_json::Value;
use serde_json::json;

/// `GET /api`: the versions, as Buildbot's.
pub(super) async fn versions(Shared(state): Shared<State>) -> Json<Value> {
    Json(json!({"api_versions": {"v2": format!("{}api/v2", state.data.site().url)}}))
}

/// `GET /api/v2/{path}`: resources in Buildbot's envelope.
pub(super) async fn resource(
    Shared(state): Shared<State>,
    // As it stands in the request: the parts are decoded one by one, a name may hold an encoded slash.
    uri: Uri,
    Path(_): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Error> {
    let path = uri.path().trim_start_matches("/api/v2/");
    let answer = state.data.answer(path, query.as_deref().unwrap_or_default()).await?;
    Ok(Json(answer.envelope()))
}

pub(super) async fn nothing(uri: Uri) -> Error {
    Error::not_found(format!("nothing is found at {}", uri.path()))
}

pub(super) async fn wrong_method() -> Error {
    Error::wrong_method()
}
