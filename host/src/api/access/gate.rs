//! The gate of a route: what it asks of who wants through.

use super::caller::Caller;
use crate::api::error::Error;
use crate::model::Scope;
use axum::extract::Request;
use axum::extract::State as Shared;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Access {
    /// Whoever reaches the host.
    Everybody,
    /// Who has a token with the scope `read`; everybody where `[server] anonymous_read` says so.
    Reading,
    /// Who has a token with this scope, and nobody else.
    Scope(Scope),
}

/// How a route says what went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Tone {
    /// `{"error": "…"}`
    Plain,
    /// JSON-RPC's envelope.
    Rpc,
}

/// A route's gate.
#[derive(Clone, Copy)]
pub(in crate::api) struct Gate {
    pub(in crate::api) access: Access,
    pub(in crate::api) tone: Tone,
}

/// Lets through who may.
pub(in crate::api) async fn pass(Shared(gate): Shared<Gate>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>();
    let allowed = match (gate.access, caller) {
        (Access::Everybody, _) => Ok(()),
        (Access::Reading, Some(caller)) => caller.needs_reading(),
        (Access::Scope(scope), Some(caller)) => caller.needs(scope),
        // Nobody looked who it is: then nobody gets in.
        (Access::Reading | Access::Scope(_), None) => Err(Error::unknown_token()),
    };
    match (allowed, gate.tone) {
        (Ok(()), _) => next.run(request).await,
        (Err(error), Tone::Plain) => error.into_response(),
        (Err(error), Tone::Rpc) => error.into_rpc(),
    }
}
