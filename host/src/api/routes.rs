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
use super::hooks;
use super::http_steps;
use super::ingest;
use super::logs;
use super::openapi;
use super::openapi::About;
use super::plugins;
use super::read;
use super::reporters;
use super::sse;
use super::tokens;
use super::trials;
use super::updates;
use super::ws;
use crate::model::Scope;
use axum::Router;
use axum::handler::Handler;
use axum::middleware;
use axum::routing;
use axum::routing::MethodRouter;
use tower_http::compression::CompressionLayer;

/// One method of one path.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: String,
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
    let mut routes = vec![
        get("/api", Everybody, read::versions, &openapi::VERSIONS),
        get("/api/openapi.json", Everybody, openapi::document, &openapi::DESCRIPTION),
        get("/api/v2/health", Everybody, health::health, &openapi::HEALTH),
        get("/api/v2/updates", Reading, updates::methods, &openapi::METHODS),
        post("/api/v2/updates", UPDATE, updates::batch, &openapi::BATCH),
        post("/api/v2/updates/{method}", UPDATE, updates::single, &openapi::TABLE),
        post("/api/v2/builds/{id}/http_steps", UPDATE, http_steps::perform, &openapi::HTTP_STEP).streams(),
        post("/ingest/buildbot", UPDATE, ingest::buildbot, &openapi::INGEST),
        // Deliveries hold addresses and whole messages, which Buildbot shows to nobody.
        get("/api/v2/deliveries", READ, deliveries::list, &openapi::DELIVERIES),
        get("/api/v2/deliveries/{id}", READ, deliveries::show, &openapi::DELIVERY),
        control("/api/v2/deliveries/{id}", CONTROL, control::delivery, &openapi::RETRY),
        get("/api/v2/reporters", READ, reporters::list, &openapi::REPORTERS),
        control("/api/v2/reporters/{name}", CONTROL, trials::control, &openapi::TEST_REPORT),
        get("/api/v2/plugins", READ, plugins::list, &openapi::PLUGINS),
        get("/api/v2/tokens", ADMIN, tokens::list, &openapi::TOKENS),
        post("/api/v2/tokens", ADMIN, tokens::create, &openapi::NEW_TOKEN),
        delete("/api/v2/tokens/{name}", ADMIN, tokens::revoke, &openapi::REVOKED),
        post("/api/v2/logs/{log}/append", UPDATE, logs::append, &openapi::APPEND).streams(),
        get("/sse/{*path}", Reading, sse::route, &openapi::EVENTS).streams(),
        get("/ws", Reading, ws::upgrade, &openapi::SOCKET).streams(),
        get("/api/v2/logchunks", Reading, logs::of_no_log, &openapi::NO_LOG),
        get("/api/v2/", Reading, read::resource, &openapi::TABLE).compressed(),
        get("/api/v2/{*path}", Reading, read::resource, &openapi::TABLE).compressed(),
        control("/api/v2/{*path}", CONTROL, control::resource, &openapi::TABLE),
        control("/api/v2/logchunks", CONTROL, control::nothing, &openapi::NO_ACTION),
    ];
    // A hook looks at the head of a request before it reads the body, and keeps time and size by itself.
    for place in hooks::PLACES {
        routes.push(get(place, Everybody, hooks::take, &openapi::TABLE).in_words().streams());
        routes.push(post(place, Everybody, hooks::take, &openapi::TABLE).in_words().streams());
    }
    for place in logs::PLACES {
        routes.push(get(&format!("{place}/contents"), Reading, logs::contents, &openapi::CONTENTS).streams());
        routes.push(get(&format!("{place}/raw"), Reading, logs::raw, &openapi::RAW).streams());
        routes.push(get(&format!("{place}/raw_inline"), Reading, logs::raw_inline, &openapi::RAW).streams());
        for what in ["contents", "raw", "raw_inline"] {
            routes.push(control(&format!("{place}/{what}"), CONTROL, control::nothing, &openapi::NO_ACTION));
        }
    }
    routes
}

/// The router of these routes.
pub(super) fn router(bounds: Bounds) -> Router<State> {
    all().into_iter().fold(Router::new(), |router, route| {
        let gate = middleware::from_fn_with_state((route.gate, bounds.clone()), access::pass);
        router.route(&route.path, route.handler.route_layer(gate))
    })
}

fn get<T: 'static>(path: &str, access: Access, handler: impl Handler<T, State>, about: &'static About) -> Route {
    Route::new(("get", path), access, routing::get(handler), about)
}

fn post<T: 'static>(path: &str, access: Access, handler: impl Handler<T, State>, about: &'static About) -> Route {
    Route::new(("post", path), access, routing::post(handler), about)
}

fn delete<T: 'static>(path: &str, access: Access, handler: impl Handler<T, State>, about: &'static About) -> Route {
    Route::new(("delete", path), access, routing::delete(handler), about)
}

/// A post that speaks JSON-RPC, in its errors too.
fn control<T: 'static>(path: &str, access: Access, handler: impl Handler<T, State>, about: &'static About) -> Route {
    let mut route = post(path, access, handler, about);
    route.gate.tone = Tone::Rpc;
    route
}

impl Route {
    fn new(
        (method, path): (&'static str, &str),
        access: Access,
        handler: MethodRouter<State>,
        about: &'static About,
    ) -> Self {
        let path = path.to_owned();
        Self { method, path, about, gate: Gate { access, tone: Tone::Plain, pace: Pace::Answer }, handler }
    }

    /// It takes its time, in or out.
    fn streams(mut self) -> Self {
        self.gate.pace = Pace::Stream;
        self
    }

    /// What goes wrong is told as a text.
    fn in_words(mut self) -> Self {
        self.gate.tone = Tone::Words;
        self
    }

    /// Who says so gets it in fewer bytes.
    fn compressed(mut self) -> Self {
        self.handler = self.handler.layer(CompressionLayer::new());
        self
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }
}
