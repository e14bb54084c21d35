//! The gate of a route: what it asks of who wants through, and how long it waits.

use super::caller::Caller;
use crate::api::error::Error;
use crate::api::origins::Foreign;
use crate::config::Server;
use crate::model::Scope;
use axum::BoxError;
use axum::body::Body;
use axum::body::BodyDataStream;
use axum::body::HttpBody;
use axum::extract::Request;
use axum::extract::State as Shared;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream;
use http_body_util::Limited;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Bodies in memory at one time, of all requests together.
const MOST_GATHERED_KIB: usize = 256 * 1024;

/// The same of change hooks, whose callers may be strangers: what they fill is missing nowhere else.
const MOST_HOOKED_KIB: usize = 32 * 1024;

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
    /// A text.
    Words,
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
#[derive(Clone)]
pub(in crate::api) struct Bounds {
    body_bytes: usize,
    time: Duration,
    /// In KiB. Shared by all requests.
    room: Arc<Semaphore>,
}

impl Bounds {
    pub(in crate::api) fn of(server: &Server) -> Self {
        Self::with_room(server, MOST_GATHERED_KIB)
    }

    /// With a room that is theirs alone.
    pub(in crate::api) fn of_hooks(server: &Server) -> Self {
        Self::with_room(server, MOST_HOOKED_KIB)
    }

    fn with_room(server: &Server, kib: usize) -> Self {
        // One body that is allowed has room, however large.
        let kib = kib.max(server.max_body_bytes.div_ceil(1024)).min(Semaphore::MAX_PERMITS);
        Self {
            body_bytes: server.max_body_bytes,
            time: Duration::from_millis(server.request_timeout_ms),
            room: Arc::new(Semaphore::new(kib)),
        }
    }

    /// The body, whole and in time. One that says it is too large is refused before a byte of it is read.
    pub(in crate::api) async fn whole(&self, body: Body) -> Result<Gathered, Error> {
        if body.size_hint().lower() > self.body_bytes as u64 {
            return Err(Error::too_large());
        }
        timeout(self.time, gather(body, self)).await.map_err(|_| Error::late(self.time))?
    }

    /// An answer that begins in time.
    pub(in crate::api) async fn in_time<T>(&self, answer: impl Future<Output = T>) -> Result<T, Error> {
        timeout(self.time, answer).await.map_err(|_| Error::too_slow(self.time))
    }
}

/// A body, and the room that it takes until this is dropped.
#[derive(Debug, Default)]
pub(in crate::api) struct Gathered {
    pub(in crate::api) bytes: Vec<u8>,
    /// Held for as long as there may be copies of the bytes.
    pub(in crate::api) room: Option<OwnedSemaphorePermit>,
}

/// Lets through who may.
pub(in crate::api) async fn pass(
    Shared((gate, bounds)): Shared<(Gate, Bounds)>,
    request: Request,
    next: Next,
) -> Response {
    let answer = match (allowed(gate.access, &request), gate.pace) {
        (Err(error), _) => Err(error),
        (Ok(()), Pace::Answer) => in_time(request, next, &bounds).await,
        (Ok(()), Pace::Stream) => Ok(while_allowed(request, next).await),
    };
    answer.unwrap_or_else(|error| match gate.tone {
        Tone::Plain => error.into_response(),
        Tone::Rpc => error.into_rpc(),
        Tone::Words => error.into_words(),
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
async fn in_time(mut request: Request, next: Next, bounds: &Bounds) -> Result<Response, Error> {
    let body = std::mem::replace(request.body_mut(), Body::empty());
    // Nothing is asked for by the body of these, so nobody makes us hold one.
    let is_read = !matches!(*request.method(), Method::GET | Method::HEAD | Method::DELETE);
    let mut held = None;
    if is_read && !body.is_end_stream() {
        let Gathered { bytes, room } = bounds.whole(body).await?;
        *request.body_mut() = Body::from(bytes);
        held = room;
    }
    let answer = bounds.in_time(next.run(request)).await;
    drop(held);
    answer
}

/// The whole body, and the room that it takes. Nobody waits for room with half a body in hand: those who wait could
/// all wait for each other.
async fn gather(body: Body, bounds: &Bounds) -> Result<Gathered, Error> {
    let mut frames = Body::new(Limited::new(body, bounds.body_bytes)).into_data_stream();
    let (mut bytes, mut held, mut held_kib) = (Vec::new(), None::<OwnedSemaphorePermit>, 0);
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(Error::broken_body)?;
        let kib = (bytes.len() + frame.len()).div_ceil(1024);
        let more = u32::try_from(kib - held_kib).unwrap_or(u32::MAX);
        let room = Arc::clone(&bounds.room).try_acquire_many_owned(more);
        let room = room.map_err(|_| Error::busy("too many bodies are being read: try again"))?;
        match &mut held {
            Some(held) => held.merge(room),
            None => held = Some(room),
        }
        held_kib = kib;
        bytes.extend_from_slice(&frame);
    }
    Ok(Gathered { bytes, room: held })
}

/// What is given out piece by piece ends when its caller may no more: a token that is revoked closes its streams. They
/// break off, so that nobody takes half a log for the whole. An answer that stands is given out whole.
async fn while_allowed(request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().cloned();
    let response = next.run(request).await;
    let Some(caller) = caller.filter(|_| response.body().size_hint().exact().is_none()) else { return response };
    response.map(|body| {
        let shown_out = Box::pin(async move { caller.shown_out().await });
        let next = |(mut pieces, mut shown_out): (BodyDataStream, Pin<Box<_>>)| async move {
            let piece = tokio::select! {
                biased;
                () = &mut shown_out => return Err("the caller may no more".into()),
                piece = pieces.next() => piece.transpose()?,
            };
            Ok::<_, BoxError>(piece.map(|piece| (piece, (pieces, shown_out))))
        };
        Body::from_stream(stream::try_unfold((body.into_data_stream(), shown_out), next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bodies_share_their_room_and_give_it_back() {
        let bounds = Bounds { body_bytes: 8192, time: Duration::MAX, room: Arc::new(Semaphore::new(3)) };
        let body = |bytes: usize| Body::from(vec![b' '; bytes]);
        let first = gather(body(2000), &bounds).await.expect("there is room");
        let refused = gather(body(1025), &bounds).await.expect_err("there is none");
        assert_eq!(refused.status(), 503);
        assert_eq!(gather(body(1024), &bounds).await.expect("there is some").bytes.len(), 1024);
        drop(first);
        assert_eq!(gather(body(3072), &bounds).await.expect("it was given back").bytes.len(), 3072);
    }
}
