//! Server-Sent Events, as Buildbot has them at `/sse`, and going on from where a client was.
//!
//! The last message of an event carries the event's position as its `id`, so a browser that reconnects sends it as
//! `Last-Event-ID` when it has had all of them; one that was cut off between two messages of one event gets that event
//! again. Signs of life carry the position too: who was told nothing for a day has not a day to read again.

use super::State;
use super::error::Error;
use super::live;
use super::live::Live;
use super::live::Named;
use super::live::Seat;
use super::live::Told;
use crate::bus::Consumed;
use crate::bus::Consumption;
use crate::bus::Hit;
use crate::bus::Listener;
use crate::model::Seq;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State as Shared;
use axum::extract::rejection::QueryRejection;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;

/// A piece of the stream: what is due goes out together, up to this many bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// What stands behind `?`.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// The position to go on from, for those who cannot send `Last-Event-ID`.
    from: Option<String>,
}

/// `GET /sse/listen`, `/sse/listen/{path}`, `/sse/{path}`, `/sse/add/{uuid}/{path}`, `/sse/remove/{uuid}/{path}`.
pub(super) async fn route(
    Shared(state): Shared<State>,
    Path(path): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let Query(asked) = asked.map_err(|rejection| Error::bad_request(rejection.body_text()))?;
    let (verb, rest) = path.split_once('/').map_or((path.as_str(), None), |(verb, rest)| (verb, Some(rest)));
    match verb {
        "listen" => listen(&state.live, rest, resumed(&headers, asked)?).await,
        "add" | "remove" => {
            let (consumption, path) = named(&state.live, rest)?;
            match verb {
                "add" => add(&state.live, &consumption, path, asked).await?,
                _ => remove(&consumption, path)?,
            }
            Ok("ok".into_response())
        }
        _ => listen(&state.live, Some(&path), resumed(&headers, asked)?).await,
    }
}

async fn listen(live: &Live, path: Option<&str>, from: Option<Seq>) -> Result<Response, Error> {
    let seat = live.seat()?;
    let at = live.position(from).await?;
    let listener = live.listen(at);
    if let Some(path) = path {
        live::consume(listener.consumption(), path, Consumed { after: at, numbered: false })?;
    }
    let name = live.name(listener.consumption());
    let handshake = format!("id: {at}\nevent: handshake\ndata: {}\n\n", name.name);
    let open = Open { live: live.clone(), listener, hits: VecDeque::new(), first: Some(handshake.into()), name, seat };
    let body = Body::from_stream(futures_util::stream::unfold(open, piece));
    // The second one keeps nginx from collecting the stream.
    let headers = [
        (CONTENT_TYPE.as_str(), "text/event-stream"),
        (CACHE_CONTROL.as_str(), "no-cache"),
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, body).into_response())
}

async fn add(live: &Live, consumption: &Consumption, path: &str, asked: Asked) -> Result<(), Error> {
    let after = live.position(asked.from.as_deref().map(position).transpose()?).await?;
    live::consume(consumption, path, Consumed { after, numbered: false })
}

fn remove(consumption: &Consumption, path: &str) -> Result<(), Error> {
    let not_consumed = |_| Error::not_found("consumer is not listening to this event");
    consumption.remove(&live::pattern(path)?).map_err(not_consumed)
}

/// The stream that `{uuid}/{path}` speaks of, and the path.
fn named<'p>(live: &Live, rest: Option<&'p str>) -> Result<(Consumption, &'p str), Error> {
    let rest = rest.filter(|rest| !rest.is_empty()).ok_or_else(|| Error::bad_request("need uuid"))?;
    let (uuid, path) = rest.split_once('/').unwrap_or((rest, ""));
    let consumption = live.find(uuid).ok_or_else(|| Error::bad_request("unknown uuid"))?;
    Ok((consumption, path))
}

/// Where to go on: what the browser sends by itself when it reconnects goes before what stands in the address.
fn resumed(headers: &HeaderMap, asked: Asked) -> Result<Option<Seq>, Error> {
    let sent = headers.get("last-event-id").map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    sent.filter(|sent| !sent.is_empty()).or(asked.from).as_deref().map(position).transpose()
}

fn position(text: &str) -> Result<Seq, Error> {
    let seq = text.parse().ok().filter(|seq| *seq >= 0).map(Seq);
    seq.ok_or_else(|| Error::bad_request(format!("invalid event position {text:?}: expected the id of an event")))
}

/// An open stream.
struct Open {
    live: Live,
    listener: Listener<Told>,
    /// Read and not sent yet.
    hits: VecDeque<Hit<Told>>,
    first: Option<Bytes>,
    name: Named,
    seat: Seat,
}

/// The next piece. Asked for only when the socket takes more.
async fn piece(mut open: Open) -> Option<(Result<Bytes, Infallible>, Open)> {
    let first = open.first.take();
    if first.is_none() && open.hits.is_empty() {
        tokio::select! {
            hits = open.listener.next() => match hits {
                Ok(hits) => open.hits.extend(hits),
                Err(error) => {
                    // Who reconnects is told why.
                    tracing::warn!(%error, stream = open.name.name, "a stream of events ended");
                    return None;
                }
            },
            () = tokio::time::sleep(open.live.keep_alive()) => {
                let sign = format!(": still here\nid: {}\n\n", open.listener.position());
                return Some((Ok(sign.into()), open));
            }
            () = open.live.stop().cancelled() => {
                drop(open.seat);
                return None;
            }
        }
    }
    let bytes = first.unwrap_or_else(|| together(&mut open.hits));
    Some((Ok(bytes), open))
}

/// What is due, as one piece; a single message as it is shared by all.
fn together(hits: &mut VecDeque<Hit<Told>>) -> Bytes {
    let message = |hit: Hit<Told>| hit.event.sse(hit.topic, hit.last);
    let Some(first) = hits.pop_front().map(message) else { return Bytes::new() };
    if hits.is_empty() {
        return first;
    }
    let mut piece = Vec::from(first);
    while piece.len() < PIECE_BYTES
        && let Some(hit) = hits.pop_front()
    {
        piece.extend_from_slice(&message(hit));
    }
    piece.into()
}
