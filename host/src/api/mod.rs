//! HTTP: Buildbot's REST v2 for reading, the update calls for writing, live events, and a look at deliveries,
//! reporters and plugins.
//!
//! The only place that knows status codes, and one of two that read the clock. Not here: what a call means (`data`).

mod access;
mod clock;
mod control;
mod deliveries;
mod door;
mod error;
mod health;
mod hooks;
mod http_steps;
mod ingest;
mod latest;
mod live;
mod logs;
mod media_type;
mod openapi;
mod origins;
mod plugins;
mod pretty;
mod rails;
mod read;
mod reporters;
mod routes;
mod rpc;
mod serve;
mod sse;
mod tokens;
mod trials;
mod updates;
mod ws;
mod www;

pub use live::Live;
pub use live::LiveTuning;

pub use access::TokenError;
pub use access::Tokens;
pub use access::fresh_token;
pub use hooks::Hooks;
pub use hooks::READING_TIME;
pub use http_steps::HttpSteps;
pub use logs::Appends;
pub use serve::serve;

use crate::bus::Progress;
use crate::config::Server;
use crate::data::Data;
use crate::model::ReporterName;
use crate::plugin::Plugins;
use crate::plugin::Reporter;
use crate::store::Store;
use crate::transport::Transports;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What the handlers work with. Cheap to clone: each request does so several times.
#[derive(Clone)]
pub struct State(Arc<Parts>);

/// What there is to work with.
pub struct Parts {
    pub store: Store,
    pub data: Data,
    pub plugins: Plugins,
    pub hooks: Hooks,
    pub reporters: Arc<BTreeMap<ReporterName, Arc<Reporter>>>,
    pub progress: Progress,
    /// Whose chat connections are shown.
    pub transports: Transports,
    pub live: Live,
    /// A body of which nothing comes for so long is given up.
    pub append_stall: Duration,
    pub appends: Appends,
    pub http_steps: HttpSteps,
    pub tokens: Tokens,
}

impl State {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for State {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// All routes, behind the door: who comes in is known, and what comes in is bounded. `pages`: a folder that is served
/// besides, to everybody.
pub fn router(state: State, server: &Server, pages: Option<&Path>) -> Router {
    let door = door::Door::new(access::Doorkeeper::new(state.tokens.clone(), server), server);
    let router = routes::router(access::Bounds::of(server)).fallback(read::nothing);
    let router = match pages {
        Some(folder) => www::with_pages(router, folder),
        None => router,
    };
    let router = router
        .method_not_allowed_fallback(read::wrong_method)
        .layer(DefaultBodyLimit::max(server.max_body_bytes))
        .layer(middleware::from_fn_with_state(door, door::pass))
        .with_state(state);
    latest::with_alias(router)
}
