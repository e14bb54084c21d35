//! HTTP: Buildbot's REST v2 for reading, the update calls for writing, live events, and a look at deliveries,
//! reporters and plugins.
//!
//! The only place that knows status codes, and one of two that read the clock. Not here: what a call means (`data`).

mod clock;
mod control;
mod deliveries;
mod error;
mod health;
mod host_name;
mod latest;
mod live;
mod logs;
mod plugins;
mod pretty;
mod read;
mod reporters;
mod rpc;
mod sse;
mod updates;
mod ws;
mod www;

pub use live::Live;
pub use live::LiveTuning;

pub use logs::Appends;

use crate::bus::Progress;
use crate::data::Data;
use crate::model::ReporterName;
use crate::plugin::Plugins;
use crate::plugin::Reporter;
use crate::store::Store;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::get;
use axum::routing::post;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tower_http::compression::CompressionLayer;

/// What the handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct State {
    pub store: Store,
    pub data: Data,
    pub plugins: Plugins,
    pub reporters: Arc<BTreeMap<ReporterName, Arc<Reporter>>>,
    pub progress: Progress,
    pub live: Live,
    /// A body of which nothing comes for so long is given up.
    pub append_stall: Duration,
    pub appends: Appends,
}

/// All routes; bodies of more than `max_body_bytes` are refused, and requests for another host. `pages`: a folder that
/// is served besides.
pub fn router(state: State, max_body_bytes: usize, pages: Option<&Path>) -> Router {
    let own = host_name::OwnName::of(&state.data.site().url);
    let router = Router::new()
        .route("/api", get(read::versions))
        .route("/api/v2/health", get(health::health))
        .route("/api/v2/updates", get(updates::methods).post(updates::batch))
        .route("/api/v2/updates/{method}", post(updates::single))
        .route("/api/v2/deliveries", get(deliveries::list))
        .route("/api/v2/deliveries/{id}", get(deliveries::show).post(control::delivery))
        .route("/api/v2/reporters", get(reporters::list))
        .route("/api/v2/plugins", get(plugins::list))
        .merge(logs::routes())
        .route("/api/v2/", get(read::resource).layer(CompressionLayer::new()))
        .route("/api/v2/{*path}", get(read::resource).layer(CompressionLayer::new()).post(control::resource))
        .route("/sse/{*path}", get(sse::route))
        .route("/ws", get(ws::upgrade))
        .fallback(read::nothing);
    let router = match pages {
        Some(folder) => www::with_pages(router, folder),
        None => router,
    };
    let router = router
        .method_not_allowed_fallback(read::wrong_method)
        .layer(DefaultBodyLimit::max(max_body_bytes))
        .layer(middleware::from_fn_with_state(own, host_name::check))
        .with_state(state);
    latest::with_alias(router)
}
