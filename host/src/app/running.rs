//! A running host: its address, when it is settled, and how it stops.

use super::local_key;
use super::now;
use crate::api;
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
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    store: Store,
    dispatch: Dispatch,
    boot: Boot,
    server: JoinHandle<()>,
    merging: JoinHandle<()>,
    stop: CancellationToken,
    drain: Duration,
    /// The database.
    path: PathBuf,
}

impl Running {
    pub(super) fn new(
        listener: TcpListener,
        router: Router,
        (store, dispatch, boot): (Store, Dispatch, Boot),
        config: &Config,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr().context("asking for the address")?;
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let served = config.server.clone();
        let server = tokio::spawn(async move { api::serve(NoDelay(listener), router, &served, stopped).await });
        let merging = tokio::spawn(merge_finished(store.clone(), stop.clone()));
        let drain = Duration::from_millis(config.server.drain_ms);
        let path = config.store.path.clone();
        Ok(Self { address, store, dispatch, boot, server, merging, stop, drain, path })
    }

    /// How far the reporters are.
    pub fn progress(&self) -> &Progress {
        self.dispatch.progress()
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
        self.stop.cancel();
        self.dispatch.stop(self.drain).await;
        let mut server = self.server;
        if tokio::time::timeout(Duration::from_secs(1), &mut server).await.is_err() {
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

/// Small answers go out at once.
struct NoDelay(TcpListener);

impl axum::serve::Listener for NoDelay {
    type Io = tokio::net::TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = axum::serve::Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays with delays");
        }
        (stream, address)
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}
