//! Logs over HTTP: lines in as a stream, lines out by number, whole logs out as text.
//!
//! No answer and no body stands in memory as a whole. Not here: what a line is, and what is written when (`data::logs`).

mod append;
mod contents;
mod raw;

pub use append::Appends;

use super::State;
use axum::Router;
use axum::routing::get;
use axum::routing::post;

/// How a log is reached, as Buildbot has it.
const PLACES: [&str; 4] = [
    "/api/v2/logs/{log}",
    "/api/v2/steps/{step}/logs/{slug}",
    "/api/v2/builds/{build}/steps/{step}/logs/{slug}",
    "/api/v2/builders/{builder}/builds/{build}/steps/{step}/logs/{slug}",
];

pub(super) fn routes() -> Router<State> {
    let router = Router::new()
        .route("/api/v2/logs/{log}/append", post(append::append))
        .route("/api/v2/logchunks", get(contents::of_no_log));
    PLACES.into_iter().fold(router, |router, place| {
        router
            .route(&format!("{place}/contents"), get(contents::contents))
            .route(&format!("{place}/raw"), get(raw::raw))
            .route(&format!("{place}/raw_inline"), get(raw::raw_inline))
    })
}

/// The path of the log, when `path` asks for `what` of it. As it stands in the request: its parts are decoded one by
/// one, for a name may hold an encoded slash.
fn place<'p>(path: &'p str, what: &str) -> &'p str {
    let path = path.strip_prefix("/api/v2/").unwrap_or(path);
    path.strip_suffix(what).and_then(|path| path.strip_suffix('/')).unwrap_or(path)
}
