//! Every route of the host, and what it asks of who wants to use it. The router is made from this table alone.

use super::State;
use super::access;
use super::access::Access;
use super::access::Access::Everybody;
use super::access::Access::Reading;
use super::access::Bounds;
use super::access::Gate;
use super::access::Pace;
use super::access::Tone;
use super::control;
use super::deliveries;
use super::health;
use super::plugins;
use super::read;
use super::reporters;
use super::tokens;
use super::updates;
use crate::model::Scope;
use axum::Router;
use axum::handler::Handler;
use axum::middleware;
use axum::routing;
use axum::routing::MethodRouter;

/// One method of one path.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    gate: Gate,
    handler: MethodRouter<State>,
}

const READ: Access = Access::Scope(Scope::Read);
const UPDATE: Access = Access::Scope(Scope::Update);
const CONTROL: Access = Access::Scope(Scope::Control);
const ADMIN: Access = Access::Scope(Scope::Admin);

/// `import` is asked for by the update calls themselves: only they see whether one says `at`.
pub(super) fn all() -> Vec<Route> {
    vec![
        get("/api", Everybody, read::versions),
        get("/api/v2/health", Everybody, health::health),
        get("/api/v2/updates", Reading, updates::methods),
        post("/api/v2/updates", UPDATE, updates::batch),
        post("/api/v2/updates/{method}", UPDATE, updates::single),
        // Deliveries hold addresses and whole messages, which Buildbot shows to nobody.
        get("/api/v2/deliveries", READ, deliveries::list),
        get("/api/v2/deliveries/{id}", READ, deliveries::show),
        control("/api/v2/deliveries/{id}", CONTROL, control::delivery),
        get("/api/v2/reporters", READ, reporters::list),
        get("/api/v2/plugins", READ, plugins::list),
        get("/api/v2/tokens", ADMIN, tokens::list),
        post("/api/v2/tokens", ADMIN, tokens::create),
        delete("/api/v2/tokens/{name}", ADMIN, tokens::revoke),
        get("/api/v2/", Reading, read::resource),
        get("/api/v2/{*path}", Reading, read::resource),
    ]
}

/// The router of these routes.
pub(super) fn router(bounds: Bounds) -> Router<State> {
    all().into_iter().fold(Router::new(), |router, route| {
        let gate = middleware::from_fn_with_state((route.gate, bounds), access::pass);
        router.route(route.path, route.handler.route_layer(gate))
    })
}

fn get<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, State>) -> Route {
    Route::new(("get", path), access, routing::get(handler))
}

fn post<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, State>) -> Route {
    Route::new(("post", path), access, routing::post(handler))
}

fn delete<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, State>) -> Route {
    Route::new(("delete", path), access, routing::delete(handler))
}

/// A post that speaks JSON-RPC, in its errors too.
fn control<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, State>) -> Route {
    let mut route = post(path, access, handler);
    route.gate.tone = Tone::Rpc;
    route
}

impl Route {
    fn new((method, path): (&'static str, &'static str), access: Access, handler: MethodRouter<State>) -> Self {
        Self { method, path, gate: Gate { access, tone: Tone::Plain, pace: Pace::Answer }, handler }
    }
}
