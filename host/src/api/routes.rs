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
use super::openapi;
use super::openapi::About;
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
    /// What it does, for the description of the API.
    pub(super) about: &'static About,
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
        get("/api", Everybody, read::versions, &openapi::VERSIONS),
        get("/api/openapi.json", Everybody, openapi::document, &openapi::DESCRIPTION),
        get("/api/v2/health", Everybody, health::health, &openapi::HEALTH),
        get("/api/v2/updates", Reading, updates::methods, &openapi::METHODS),
        post("/api/v2/updates", UPDATE, updates::batch, &openapi::BATCH),
        post("/api/v2/updates/{method}", UPDATE, updates::single, &openapi::TABLE),
        // Deliveries hold addresses and whole messages, which Buildbot shows to nobody.
        get("/api/v2/deliveries", READ, deliveries::list, &openapi::DELIVERIES),
        get("/api/v2/deliveries/{id}", READ, deliveries::show, &openapi::DELIVERY),
        control("/api/v2/deliveries/{id}", CONTROL, control::delivery, &openapi::RETRY),
        get("/api/v2/reporters", READ, reporters::list, &openapi::REPORTERS),
        get("/api/v2/plugins", READ, plugins::list, &openapi::PLUGINS),
        get("/api/v2/tokens", ADMIN, tokens::list, &openapi::TOKENS),
        post("/api/v2/tokens", ADMIN, tokens::create, &openapi::NEW_TOKEN),
        delete("/api/v2/tokens/{name}", ADMIN, tokens::revoke, &openapi::REVOKED),
        get("/api/v2/", Reading, read::resource, &openapi::TABLE),
        get("/api/v2/{*path}", Reading, read::resource, &openapi::TABLE),
        control("/api/v2/{*path}", CONTROL, control::resource, &openapi::TABLE),
    ]
}

/// The router of these routes.
pub(super) fn router(bounds: Bounds) -> Router<State> {
    all().into_iter().fold(Router::new(), |router, route| {
        let gate = middleware::from_fn_with_state((route.gate, bounds), access::pass);
        router.route(route.path, route.handler.route_layer(gate))
    })
}

fn get<T: 'static>(
    path: &'static str,
    access: Access,
    handler: impl Handler<T, State>,
    about: &'static About,
) -> Route {
    Route::new(("get", path), access, routing::get(handler), about)
}

fn post<T: 'static>(
    path: &'static str,
    access: Access,
    handler: impl Handler<T, State>,
    about: &'static About,
) -> Route {
    Route::new(("post", path), access, routing::post(handler), about)
}

fn delete<T: 'static>(
    path: &'static str,
    access: Access,
    handler: impl Handler<T, State>,
    about: &'static About,
) -> Route {
    Route::new(("delete", path), access, routing::delete(handler), about)
}

/// A post that speaks JSON-RPC, in its errors too.
fn control<T: 'static>(
    path: &'static str,
    access: Access,
    handler: impl Handler<T, State>,
    about: &'static About,
) -> Route {
    let mut route = post(path, access, handler, about);
    route.gate.tone = Tone::Rpc;
    route
}

impl Route {
    fn new(
        (method, path): (&'static str, &'static str),
        access: Access,
        handler: MethodRouter<State>,
        about: &'static About,
    ) -> Self {
        Self { method, path, about, gate: Gate { access, tone: Tone::Plain, pace: Pace::Answer }, handler }
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }
}
