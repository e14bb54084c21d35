//! SIGINT and SIGTERM: the first ends the request, so that its step can be ended; who sends another one does not wait.

use anyhow::Context;
use anyhow::bail;
use nix::sys::signal::Signal;
use std::future::Future;
use tokio::signal::unix::Signal as Arrivals;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

/// What a shell adds to the number of a signal.
const BY_SIGNAL: u8 = 128;

/// The signals that came.
pub(super) struct Signals {
    interrupt: Arrivals,
    terminate: Arrivals,
    first: Option<Signal>,
    second: Option<Signal>,
}

impl Signals {
    pub(super) fn listen() -> anyhow::Result<Self> {
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Self {
            interrupt: signal(interrupt).context("listening for SIGINT")?,
            terminate: signal(terminate).context("listening for SIGTERM")?,
            first: None,
            second: None,
        })
    }

    /// The first, when it has come.
    pub(super) async fn first(&mut self) -> Signal {
        if let Some(first) = self.first {
            return first;
        }
        let first = self.next().await;
        self.first = Some(first);
        first
    }

    /// What the command ends with when a signal ended the request.
    pub(super) fn exit_code(&self) -> u8 {
        let number = self.first.map_or(0, |signal| signal as i32);
        BY_SIGNAL + u8::try_from(number).unwrap_or(0)
    }

    /// Does some of the work with the host, which may have to be waited for, unless a second signal comes.
    pub(super) async fn bear<T>(&mut self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        tokio::select! {
            done = work => done,
            () = self.second() => bail!("a second signal came before the host answered: the step may stay open"),
        }
    }

    async fn second(&mut self) {
        self.first().await;
        if self.second.is_none() {
            self.second = Some(self.next().await);
        }
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::SIGINT,
            _ = self.terminate.recv() => Signal::SIGTERM,
        }
    }
}
