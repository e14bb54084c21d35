//! The WebSocket, in Buildbot's protocol, and consuming from a position.
//!
//! One task a connection. Commands are taken one by one, each is answered before the next; messages are read from the log
//! when the socket takes more.

mod command;

use super::State;
use super::access::Caller;
use super::error::Error;
use super::live::Live;
use super::live::Seat;
use super::live::Told;
use crate::bus::Hit;
use axum::Extension;
use axum::extract::State as Shared;
use axum::extract::WebSocketUpgrade;
use axum::extract::ws::CloseFrame;
use axum::extract::ws::Message;
use axum::extract::ws::WebSocket;
use axum::extract::ws::close_code;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use futures_util::SinkExt;
use std::pin::pin;
use tokio::time::Instant;
use tokio::time::MissedTickBehavior;

/// The longest frame of a client.
const MOST_FRAME_BYTES: usize = 64 * 1024;

/// `GET /ws`
pub(super) async fn upgrade(
    Shared(state): Shared<State>,
    Extension(caller): Extension<Caller>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Error> {
    let upgrade = upgrade
        .map_err(|rejection| Error::bad_request(format!("this address is a WebSocket's: {}", rejection.body_text())))?;
    let (live, seat) = (state.live.clone(), state.live.seat()?);
    let upgrade = upgrade.max_message_size(MOST_FRAME_BYTES).max_frame_size(MOST_FRAME_BYTES);
    Ok(upgrade.on_upgrade(move |socket| serve(socket, live, caller, seat)))
}

/// How a connection came to its end.
enum End {
    /// The client left, or its connection broke.
    Left,
    Stopped,
    /// The caller may no longer read.
    ShownOut,
    /// The log could not be read on.
    Failed(String),
}

async fn serve(mut socket: WebSocket, live: Live, caller: Caller, seat: Seat) {
    let end = match converse(&mut socket, &live, &caller).await {
        Ok(end) => end,
        // Nobody is there to hear of it.
        Err(_) => End::Left,
    };
    let (code, reason) = match end {
        End::Left => (close_code::NORMAL, String::new()),
        End::Stopped => (close_code::AWAY, "the host stops; come back".to_owned()),
        End::ShownOut => (close_code::POLICY, "this token is no longer good".to_owned()),
        End::Failed(reason) => (close_code::ERROR, reason),
    };
    let _ = socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
    drop(seat);
}

async fn converse(socket: &mut WebSocket, live: &Live, caller: &Caller) -> Result<End, axum::Error> {
    let mut listener = live.listen(live.newest());
    let mut ping = tokio::time::interval_at(Instant::now() + live.keep_alive(), live.keep_alive());
    let mut shown_out = pin!(caller.shown_out());
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // All of these are cancel-safe: a frame is read whole or not at all, a page is read again.
        tokio::select! {
            message = socket.recv() => match message.transpose()? {
                Some(Message::Text(text)) => socket.send(command::obey(&text, live, &listener).await).await?,
                Some(Message::Binary(bytes)) => {
                    let text = String::from_utf8_lossy(&bytes);
                    socket.send(command::obey(&text, live, &listener).await).await?;
                }
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                Some(Message::Close(_)) | None => return Ok(End::Left),
            },
            hits = listener.next() => match hits {
                Ok(hits) => tell(socket, hits).await?,
                Err(error) => {
                    tracing::warn!(%error, "a WebSocket's events ended");
                    return Ok(End::Failed(error.to_string()));
                }
            },
            _ = ping.tick() => socket.send(Message::Ping(Default::default())).await?,
            () = &mut shown_out => return Ok(End::ShownOut),
            () = live.stop().cancelled() => return Ok(End::Stopped),
        }
    }
}

async fn tell(socket: &mut WebSocket, hits: Vec<Hit<Told>>) -> Result<(), axum::Error> {
    for hit in hits {
        socket.feed(Message::Text(hit.event.ws(hit.topic, hit.numbered))).await?;
    }
    socket.flush().await
}
