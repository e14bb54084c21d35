//! Pages next to the API: those of Buildbot's web client, or whatever an operator puts there.
//!
//! Buildbot's pages ask for two documents besides the data API: their configuration, and pictures of people.
//!
//! Not here: what the pages show. They read the data API like everybody else.

use super::State;
use super::read;
use axum::Json;
use axum::Router;
use axum::extract::State as Shared;
use axum::http::header::CACHE_CONTROL;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::any;
use axum::routing::get;
use serde_json::Value;
use serde_json::json;
use std::path::Path;
use tower_http::services::ServeDir;

/// A head and shoulders, for everybody.
const SOMEBODY: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" \
     fill=\"#ddd\"/><circle cx=\"16\" cy=\"12\" r=\"6\" fill=\"#888\"/><path d=\"M4 32a12 12 0 0 1 24 0z\" fill=\"#888\"/></svg>";

/// Adds the pages in `folder`; what is none of them is answered as before.
pub(super) fn with_pages(router: Router<State>, folder: &Path) -> Router<State> {
    let files = ServeDir::new(folder).call_fallback_on_method_not_allowed(true).fallback(any(read::nothing));
    router.route("/config", get(config)).route("/avatar", get(avatar)).fallback_service(files)
}

/// `GET /config`: what the client wants to know before it shows anything.
async fn config(Shared(state): Shared<State>) -> Json<Value> {
    let site = state.data.site();
    Json(json!({
        "title": site.title,
        "titleURL": site.url,
        "buildbotURL": site.url,
        "multiMaster": false,
        "auth": {"name": "NoAuth"},
        "user": {"anonymous": true},
        "avatar_methods": [],
        "plugins": {},
        "ui_default_config": {},
        "versions": [["Campanile", env!("CARGO_PKG_VERSION")]],
    }))
}

/// `GET /avatar?email=…`: nobody else is asked how people look.
async fn avatar() -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "max-age=86400")], SOMEBODY)
}
