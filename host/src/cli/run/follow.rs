//! `campanile run --follow`: runs what is asked of a builder, one request after the other, until it is told to end.
//!
//! The first SIGTERM or SIGINT lets the build that runs come to its end; the second hands its request back. However it ends,
//! it says that it goes.
//!
//! Not here: what is done with one request (`taken`).

use super::Run;
use super::clock;
use super::delivery;
use super::delivery::Advance;
use super::engine::Engine;
use super::engine::Untold;
use super::events::Rings;
use super::host::Host;
use super::host::Trouble;
use super::leftovers::Leftovers;
use super::plan::Plan;
use super::requests;
use super::screen::Screen;
use super::sender::Sent;
use super::spool::Spool;
use super::state_folder;
use super::stops;
use super::stops::Stops;
use anyhow::Context;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Without a ring it looks by itself after so long.
const LOOK: Duration = Duration::from_secs(60);

/// Between tries while the host is away.
const AGAIN: Duration = Duration::from_secs(1);

/// What all builds of the builder have in common.
pub(super) struct Follower<'r> {
    pub(super) run: &'r Run,
    pub(super) plan: Plan,
    pub(super) builder: &'r str,
    worker: String,
    pub(super) folder: PathBuf,
    pub(super) host: Host,
    pub(super) spool: Spool,
    pub(super) screen: Arc<Screen>,
    pub(super) stops: watch::Receiver<Stops>,
}

/// Follows the builder.
pub(super) async fn follow(run: &Run, screen: &Arc<Screen>, stops: &watch::Sender<Stops>) -> anyhow::Result<i32> {
    let (plan, builder, worker) = (run.plan()?, run.builder()?, run.worker()?);
    let host = run.host()?;
    let place = match &run.spool {
        Some(spool) => spool.clone(),
        None => state_folder()?.join(format!("follow-{worker}-{}", plain(builder))),
    };
    let other = "another name for this worker (--worker) has a place of its own";
    let spool = Spool::open(&place).context(other)?;
    spool.is_for(&host.address(), run.moved()).context(other)?;
    stops::listen(stops.clone()).context("listening for signals")?;
    let follower = Follower {
        run,
        plan,
        builder,
        worker,
        folder: std::env::current_dir().context("asking for the current folder")?,
        host,
        spool,
        screen: Arc::clone(screen),
        stops: stops.subscribe(),
    };
    follower.run().await
}

fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' }).take(100).collect()
}

impl Follower<'_> {
    async fn run(self) -> anyhow::Result<i32> {
        let engine = tokio::select! {
            engine = self.find() => engine?,
            () = self.stopped() => return Ok(0),
        };
        let served = self.serve(&engine).await;
        self.leave(&engine).await;
        served.map(|()| 0)
    }

    /// Delivers what is left of builds before, and learns what the host calls us.
    async fn find(&self) -> anyhow::Result<Engine> {
        let left = delivery::left_behind(&self.spool, &self.screen)?.builds;
        let sent = watch::Sender::new(Sent::default());
        let delivering = delivery::deliver_all(&self.host, &left, (&self.screen, &sent));
        let told = (Advance::of(sent.subscribe()), self.stops.clone());
        delivery::patiently(delivering, told, (clock::NEVER, &self.screen)).await.transpose()?;
        let own = self.spool.engine()?;
        self.insist(|| Engine::find(&self.host, (self.builder, &self.worker, &own))).await
    }

    /// Takes requests until somebody wants it to end.
    async fn serve(&self, engine: &Engine) -> anyhow::Result<()> {
        tokio::select! {
            registered = self.insist(|| engine.register()) => registered?,
            () = self.stopped() => return Ok(()),
        }
        let _heartbeat = engine.heartbeat();
        let _leftovers = state_folder().ok().map(|state| Leftovers::deliver(&self.host, &state, &self.screen));
        let rings = Rings::of(&self.host, format!("builders/{}/buildrequests/*/*", engine.builder));
        self.screen.say(&format!("following {} as worker {}", self.builder, self.worker));
        loop {
            let claimed = tokio::select! {
                claimed = requests::claim(&self.host, engine) => claimed,
                // What was claimed just now is free again when we are gone.
                () = self.stopped() => return Ok(()),
            };
            match claimed {
                Ok(Some(request)) => self.take(engine, request).await?,
                Ok(None) => {
                    // The bell remembers a ring that came since the look.
                    tokio::select! {
                        () = rings.bell.notified() => {}
                        () = tokio::time::sleep(LOOK) => {}
                        () = self.stopped() => {}
                    }
                }
                Err(Trouble::Away { .. }) => self.pause().await,
                Err(trouble @ (Trouble::NotAllowed(_) | Trouble::Refused { .. })) => return Err(trouble.into()),
            }
        }
    }

    async fn leave(&self, engine: &Engine) {
        // From a spool that does not read nobody tells any more.
        let waits = self.spool.builds().is_ok_and(|builds| !builds.is_empty());
        let untold = if waits { Untold::Builds } else { Untold::Nothing };
        let (mut stops, seen) = (self.stops.clone(), self.stops.borrow().count);
        tokio::select! {
            // A host that is away now clears up behind us when it is asked to.
            left = engine.leave(untold) => if let Err(trouble) = left {
                self.screen.say(&format!("{trouble}; it does not hear that this worker goes"));
            },
            Ok(_) = stops.wait_for(|stops| stops.count > seen) => {}
        }
    }

    /// Until the host is there.
    async fn insist<T>(&self, call: impl AsyncFn() -> Result<T, Trouble>) -> anyhow::Result<T> {
        let mut is_told = false;
        loop {
            match call().await {
                Ok(done) => return Ok(done),
                Err(Trouble::Away { why, .. }) => {
                    if !std::mem::replace(&mut is_told, true) {
                        self.screen.say(&format!("{why}; waiting for it"));
                    }
                    tokio::time::sleep(AGAIN).await;
                }
                Err(trouble @ (Trouble::NotAllowed(_) | Trouble::Refused { .. })) => return Err(trouble.into()),
            }
        }
    }

    /// Before another try, or until somebody wants it to end.
    pub(super) async fn pause(&self) {
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = self.stopped() => {}
        }
    }

    /// Returns when somebody wants it to end.
    pub(super) async fn stopped(&self) {
        // Whoever tells lives longer than we.
        let _ = self.stops.clone().wait_for(|stops| stops.count > 0).await;
    }
}
