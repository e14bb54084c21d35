//! The gate of a route: what it asks of who wants through, and how long it waits.

use super::caller::Caller;
use crate::api::error::Error;
use crate::api::origins::Foreign;
use crate::config::Server;
use crate::model::Scope;
use axum::body::Body;
use axum::body::HttpBody;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::extract::State as Shared;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::timeout;

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

/// How long a route may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Pace {
    /// A body that comes in time, then an answer in time.
    Answer,
    /// As long as it goes on: the handler looks after stalls. It ends when its caller may no more.
    Stream,
}

/// A route's gate.
#[derive(Clone, Copy, Debug)]
pub(in crate::api) struct Gate {
    pub(in crate::api) access: Access,
    pub(in crate::api) tone: Tone,
    pub(in crate::api) pace: Pace,
}

/// What a request may use up.
#[derive(Clone, Copy)]
pub(in crate::api) struct Bounds {
    body_bytes: usize,
    time: Duration,
}

impl Bounds {
    pub(in crate::api) fn of(server: &Server) -> Self {
        Self { body_bytes: server.max_body_bytes, time: Duration::from_millis(server.request_timeout_ms) }
    }
}

/// Lets through who may.
pub(in crate::api) async fn pass(
    Shared((gate, bounds)): Shared<(Gate, Bounds)>,
    request: Request,
    next: Next,
) -> Response {
    let answer = match (allowed(gate.access, &request), gate.pace) {
        (Err(error), _) => Err(error),
        (Ok(()), Pace::Answer) => in_time(request, next, bounds).await,
        (Ok(()), Pace::Stream) => Ok(while_allowed(request, next).await),
    };
    answer.unwrap_or_else(|error| match gate.tone {
        Tone::Plain => error.into_response(),
        Tone::Rpc => error.into_rpc(),
    })
}

fn allowed(access: Access, request: &Request) -> Result<(), Error> {
    if let Some(foreign) = request.extensions().get::<Foreign>() {
        return Err(foreign.clone().into());
    }
    match (access, request.extensions().get::<Caller>()) {
        (Access::Everybody, _) => Ok(()),
        (Access::Reading, Some(caller)) => caller.needs_reading(),
        (Access::Scope(scope), Some(caller)) => caller.needs(scope),
        // Nobody looked who it is: then nobody gets in.
        (Access::Reading | Access::Scope(_), None) => Err(Error::unknown_token()),
    }
}

/// The body is read here, so that a handler that was begun has all it needs, and its time is its own.
async fn in_time(mut request: Request, next: Next, bounds: Bounds) -> Result<Response, Error> {
    if !request.body().is_end_stream() {
        let body = std::mem::replace(request.body_mut(), Body::empty());
        let read = timeout(bounds.time, to_bytes(body, bounds.body_bytes)).await;
        let bytes = read.map_err(|_| Error::late(bounds.time))?.map_err(Error::broken_body)?;
        *request.body_mut() = Body::from(bytes);
    }
    timeout(bounds.time, next.run(request)).await.map_err(|_| Error::too_slow(bounds.time))
}

/// What is given out ends when its caller may no more: a token that is revoked closes its streams.
async fn while_allowed(request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().cloned();
    let response = next.run(request).await;
    let Some(caller) = caller else { return response };
    response.map(|body| {
        let until = Box::pin(async move { caller.shown_out().await });
        Body::from_stream(body.into_data_stream().take_until(until))
    })
}
