//! A running host: its address, when it is settled, and how it stops.

use super::local_key;
use super::now;
use crate::api;
use crate::api::Live;
use crate::bus::Progress;
use crate::config::Config;
use crate::data::logs::merge_finished;
use crate::dispatch::Dispatch;
use crate::model::Boot;
use crate::model::Seq;
use crate::store::Reader;
use crate::store::Store;
use crate::store::StoreError;
use anyhow::Context;
use axum::Router;
#[cfg(target_os = "linux")]
use socket2::SockRef;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    store: Store,
    dispatch: Dispatch,
    boot: Boot,
    server: JoinHandle<()>,
    merging: JoinHandle<()>,
    serving: Serving,
    drain: Duration,
    /// The database.
    path: PathBuf,
}

/// What the HTTP side needs from start to stop.
pub(super) struct Serving {
    pub(super) live: Live,
    /// Ends the server and all streams.
    pub(super) stop: CancellationToken,
    /// The HTTP steps that are under way; they hear of the stop.
    pub(super) steps: TaskTracker,
    pub(super) write_deadline: Duration,
}

/// After the stop, what was asked before may take so long.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

impl Running {
    pub(super) fn new(
        (listener, router, serving): (TcpListener, Router, Serving),
        (store, dispatch, boot): (Store, Dispatch, Boot),
        config: &Config,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr().context("asking for the address")?;
        let stopped = serving.stop.clone().cancelled_owned();
        let listener = Tuned { listener, write_deadline: serving.write_deadline };
        let served = config.server.clone();
        let server = tokio::spawn(async move { api::serve(listener, router, &served, stopped).await });
        let merging = tokio::spawn(merge_finished(store.clone(), serving.stop.clone()));
        let drain = Duration::from_millis(config.server.drain_ms);
        let path = config.store.path.clone();
        Ok(Self { address, store, dispatch, boot, server, merging, serving, drain, path })
    }

    /// How far the reporters are.
    pub fn progress(&self) -> &Progress {
        self.dispatch.progress()
    }

    /// How many clients listen to live events. Rings when one comes or goes.
    pub fn listeners(&self) -> watch::Receiver<usize> {
        self.serving.live.listeners()
    }

    /// The position of the newest event; rings when there is a newer one.
    pub fn committed(&self) -> watch::Receiver<Seq> {
        self.store.committed()
    }

    /// Returns when every reporter has seen the newest event, nothing is owed, and finished logs are put together.
    pub async fn settled(&self) {
        let mut moved = self.dispatch.progress().bell();
        let mut merged = self.store.to_merge();
        let mut committed = self.store.committed();
        // Subscribe, then look, then wait: in any other order a ring is lost.
        while !self.is_settled().await {
            tokio::select! {
                changed = moved.changed() => if changed.is_err() { return },
                changed = committed.changed() => if changed.is_err() { return },
                changed = merged.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn is_settled(&self) -> bool {
        let slowest = self.progress().slowest();
        let (names, now) = (self.progress().reporters().into_keys().collect::<Vec<_>>(), now());
        let look = move |reader: &Reader<'_>| Ok((reader.owed(&names, now)?, reader.log_to_merge()?));
        let seen: Result<_, StoreError> = self.store.read(look).await;
        seen.is_ok_and(|(owed, log)| {
            owed.is_nothing() && log.is_none() && slowest.is_none_or(|slowest| slowest >= owed.last)
        })
    }

    /// Returns when the host can no longer take updates: the disk failed, or the server ended.
    pub async fn failed(&mut self) {
        tokio::select! {
            _ = &mut self.server => {}
            () = self.store.closed() => {}
        }
    }

    /// Stops: no new updates, what is under way may end until the deadline, and the database is closed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.serving.stop.cancel();
        self.dispatch.stop(self.drain).await;
        self.serving.steps.close();
        if tokio::time::timeout(LAST_ANSWERS, self.serving.steps.wait()).await.is_err() {
            tracing::warn!(
                steps = self.serving.steps.len(),
                "HTTP steps stay open until the next start: their ends were not written"
            );
        }
        let (mut server, mut listeners) = (self.server, self.serving.live.listeners());
        // A WebSocket is no longer the server's.
        let ended = async { tokio::join!(&mut server, listeners.wait_for(|listeners| *listeners == 0)) };
        if tokio::time::timeout(LAST_ANSWERS, ended).await.is_err() {
            // A client that keeps its connection open does not keep the host.
            server.abort();
        }
        local_key::remove(&self.path);
        // A panic of its was logged; the store is closed all the same.
        let _ = self.merging.await;
        let (boot, at) = (self.boot, now());
        let ended: Result<(), StoreError> = self.store.write(move |tx| tx.end_boot(boot, at)).await;
        self.store.close().await;
        ended.context("writing down that the host stopped in order")
    }
}

/// Connections as they are accepted: small answers go out at once, and who takes nothing is given up.
struct Tuned {
    listener: TcpListener,
    write_deadline: Duration,
}

impl axum::serve::Listener for Tuned {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = axum::serve::Listener::accept(&mut self.listener).await;
        if let Err(error) = self.tune(&stream) {
            tracing::debug!(%error, "a connection stays as it is");
        }
        (stream, address)
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl Tuned {
    fn tune(&self, stream: &TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        // The kernel's own deadline: it counts while something is sent and not acknowledged, also because the peer's
        // buffers are full, and wakes the writer with an error.
        #[cfg(target_os = "linux")]
        SockRef::from(stream).set_tcp_user_timeout(Some(self.write_deadline))?;
        Ok(())
    }
}
