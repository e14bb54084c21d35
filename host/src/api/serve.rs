//! Serving connections: how many at one time, how long one may keep us waiting for a request, and their end.
//!
//! A connection that waits holds a place: who opens many and says nothing loses them when their time for a head is up.
//! Connections that became WebSockets hold their place until they end.
//!
//! Not here: what bounds a request once its head is there (`access::gate`).

use crate::config::Server;
use axum::Router;
use axum::body::Body;
use axum::serve::Listener;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::pin::Pin;
use std::pin::pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 64 * 1024;

/// Serves until `stop`, and returns when the requests under way are answered. Dropped, it drops every connection.
pub async fn serve<L>(mut listener: L, router: Router, server: &Server, stop: impl Future<Output = ()>)
where
    L: Listener,
{
    let room = Arc::new(Semaphore::new(server.max_connections.min(Semaphore::MAX_PERMITS)));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(server.header_timeout_ms))
        .max_header_size(LARGEST_HEAD);
    let service = TowerToHyperService::new(router.map_request(|request: Request<Incoming>| request.map(Body::new)));
    let (ending, mut connections, mut stop) = (CancellationToken::new(), JoinSet::new(), pin!(stop));
    loop {
        let next = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (place, listener.accept().await.0)
        };
        let (place, io) = tokio::select! {
            () = &mut stop => break,
            // Only so that those that ended are not kept.
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            next = next => next,
        };
        let connection = http.serve_connection(TokioIo::new(Placed { io, _place: place.ok() }), service.clone());
        let (mut connection, ending) = (connection.with_upgrades(), ending.clone());
        connections.spawn(async move {
            let ended = tokio::select! {
                ended = &mut connection => ended,
                () = ending.cancelled() => {
                    Pin::new(&mut connection).graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }
    drop(listener);
    ending.cancel();
    while connections.join_next().await.is_some() {}
}

/// A connection and its place among those that are let in.
struct Placed<T> {
    io: T,
    _place: Option<OwnedSemaphorePermit>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Placed<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Placed<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
