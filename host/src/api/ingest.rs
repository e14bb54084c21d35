//! `POST /ingest/buildbot`: what a Buildbot posts by its HttpStatusPush. A 200 means that it is on disk.

use super::State;
use super::clock;
use super::error::Error;
use super::updates::json_text;
use crate::data::ingest::Told;
use crate::data::ingest::ingest;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use serde_json::Value;
use serde_json::json;
use tokio::task::spawn_blocking;

/// The body is a build with what belongs to it, or a list of such.
pub(super) async fn buildbot(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Error> {
    let body = body?;
    json_text(&headers, &body)?;
    // Logs are compressed where that holds up nobody.
    let told = spawn_blocking(move || Told::parse(&String::from_utf8_lossy(&body))).await;
    let told = told.map_err(|error| Error::internal(&error))??;
    let now = clock::now().seconds();
    let taken = state.store.write(move |tx| ingest(tx, &told, now)).await?;
    Ok(Json(json!({"result": taken})))
}
