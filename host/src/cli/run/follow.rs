//! `campanile run --follow`: runs what is asked of a builder, one request after the other, until it is told to end.
//!
//! The first SIGTERM or SIGINT lets the build that runs come to its end; the second hands its request back.

use super::Run;
use super::build::Job;
use super::build::Verdict;
use super::clock;
use super::delivery;
use super::delivery::settle;
use super::engine::Engine;
use super::environment;
use super::events::Rings;
use super::host::Host;
use super::host::Trouble;
use super::journal::What;
use super::orders::Orders;
use super::plan::Plan;
use super::recorder::Recorder;
use super::requests;
use super::screen::Screen;
use super::sender::Sender;
use super::sender::Sent;
use super::spool::Spool;
use super::state_folder;
use super::stops;
use super::stops::Stop;
use super::stops::Stops;
use anyhow::Context;
use anyhow::bail;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Without a ring it looks by itself after so long.
const LOOK: Duration = Duration::from_secs(60);

/// Between tries while the host is away.
const AGAIN: Duration = Duration::from_secs(1);

/// What all builds of the builder have in common.
struct Follower<'r> {
    run: &'r Run,
    plan: Plan,
    builder: &'r str,
    worker: String,
    folder: PathBuf,
    host: Host,
    spool: Spool,
    screen: Arc<Screen>,
    stops: watch::Receiver<Stops>,
}

/// Follows the builder.
pub(super) async fn follow(run: &Run) -> anyhow::Result<i32> {
    let (plan, builder, worker) = (run.plan()?, run.builder()?, run.worker()?);
    let place = match &run.spool {
        Some(spool) => spool.clone(),
        None => state_folder()?.join(format!("follow-{worker}-{}", plain(builder))),
    };
    let spool = Spool::open(&place).context("another name for this worker (--worker) has a place of its own")?;
    let stops = watch::Sender::new(Stops::default());
    stops::listen(stops.clone()).context("listening for signals")?;
    let follower = Follower {
        run,
        plan,
        builder,
        worker,
        folder: std::env::current_dir().context("asking for the current folder")?,
        host: Host::new(&run.server)?,
        spool,
        screen: Arc::new(Screen::new()),
        stops: stops.subscribe(),
    };
    follower.run().await
}

fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' }).take(100).collect()
}

impl Follower<'_> {
    async fn run(mut self) -> anyhow::Result<i32> {
        let mut stopped = self.stops.clone();
        let engine = tokio::select! {
            engine = self.begin() => engine?,
            _ = stopped.wait_for(|stops| stops.count > 0) => return Ok(0),
        };
        let heartbeat = engine.heartbeat();
        let rings = Rings::of(&self.host, format!("builders/{}/buildrequests/*/*", engine.builder));
        self.screen.say(&format!("following {} as worker {}", self.builder, self.worker));
        while self.stops.borrow().count == 0 {
            match requests::claim(&self.host, &engine).await {
                Ok(Some(request)) => self.build(&engine, request).await?,
                Ok(None) => {
                    // The bell remembers a ring that came since the look.
                    tokio::select! {
                        () = rings.bell.notified() => {}
                        () = tokio::time::sleep(LOOK) => {}
                        _ = stopped.wait_for(|stops| stops.count > 0) => {}
                    }
                }
                Err(trouble) => self.wait(trouble, &mut stopped).await?,
            }
        }
        drop(heartbeat);
        // A host that is away now clears up behind us when it is asked to.
        if let Err(trouble) = engine.leave().await {
            self.screen.say(&format!("{trouble}; it does not hear that this worker goes"));
        }
        Ok(0)
    }

    /// Delivers what is left of builds before, and makes itself known.
    async fn begin(&self) -> anyhow::Result<Engine> {
        let left = delivery::left_behind(&self.spool, &self.screen)?.builds;
        let sent = watch::Sender::new(Sent::default());
        let delivering = delivery::deliver_all(&self.host, &left, (&self.screen, &sent));
        delivery::patiently(delivering, sent.subscribe(), (clock::NEVER, &self.screen)).await.transpose()?;
        let mut is_told = false;
        loop {
            match Engine::register(&self.host, self.builder, &self.worker).await {
                Ok(engine) => return Ok(engine),
                Err(Trouble::Away(why)) => {
                    if !std::mem::replace(&mut is_told, true) {
                        self.screen.say(&format!("{why}; waiting for it"));
                    }
                    tokio::time::sleep(AGAIN).await;
                }
                Err(trouble @ (Trouble::NotAllowed(_) | Trouble::Refused { .. })) => return Err(trouble.into()),
            }
        }
    }

    async fn wait(&self, trouble: Trouble, stopped: &mut watch::Receiver<Stops>) -> anyhow::Result<()> {
        match trouble {
            Trouble::Away(_) => {
                tokio::select! {
                    () = tokio::time::sleep(AGAIN) => {}
                    _ = stopped.wait_for(|stops| stops.count > 0) => {}
                }
                Ok(())
            }
            Trouble::NotAllowed(_) | Trouble::Refused { .. } => bail!("{trouble}"),
        }
    }

    /// Runs what a claimed request asks for.
    async fn build(&mut self, engine: &Engine, request: i64) -> anyhow::Result<()> {
        let names = (request, self.builder, self.worker.as_str());
        let begin = match requests::begin(&self.host, engine, names).await {
            Ok(begin) => begin,
            // It is ours, and found again at the next look.
            Err(Trouble::Away(_)) => {
                tokio::time::sleep(AGAIN).await;
                return Ok(());
            }
            Err(trouble @ (Trouble::NotAllowed(_) | Trouble::Refused { .. })) => return Err(trouble.into()),
        };
        let environment = environment::of((&self.host.url, self.builder), &begin.properties);
        let folder = self.spool.add()?;
        let recorder = Arc::new(Recorder::new(&folder, self.run.room())?);
        recorder.add(What::Begin(Box::new(begin)))?;
        let sending = watch::Sender::new(Sent::default());
        let sent = sending.subscribe();
        let sender = Sender::new(&self.host, &folder, (Arc::clone(&recorder.bell), sending))?;
        let mut delivering = tokio::spawn(sender.deliver());

        let stops = watch::Sender::new(Stops::default());
        let _orders = Orders::of(&self.host, sent.clone(), stops.clone());
        let mut known = sent.clone();
        let verdict = tokio::select! {
            // The build has an id before its command begins.
            verdict = async {
                if known.wait_for(|sent| sent.build.is_some()).await.is_err() {
                    // Refused: the end of the delivery says so.
                    return std::future::pending().await;
                }
                let number = known.borrow().number.unwrap_or_default();
                self.screen.say(&format!("{} #{number} for request {request}", self.builder));
                self.work(recorder, (&stops, sent.clone()), environment).await
            } => verdict?,
            delivered = &mut delivering => {
                settle(delivered.context("delivering the build")?, &folder, &self.screen)?;
                // The request would be found again at once, and the host would say the same.
                bail!("the build of request {request} is laid aside, and not told");
            }
        };
        self.screen.say(&verdict.text);
        match settle(delivering.await.context("delivering the build")?, &folder, &self.screen)? {
            true => Ok(()),
            false => bail!("the build of request {request} is laid aside, and not told"),
        }
    }

    async fn work(
        &self,
        recorder: Arc<Recorder>,
        (stops, sent): (&watch::Sender<Stops>, watch::Receiver<Sent>),
        environment: Vec<(String, String)>,
    ) -> anyhow::Result<Verdict> {
        let job = Job {
            plan: self.plan.clone(),
            builder: self.builder.to_owned(),
            recorder,
            screen: Arc::clone(&self.screen),
            stops: stops.subscribe(),
            sent,
            folder: self.folder.clone(),
            environment,
            manner: self.run.manner(),
        };
        let mut ours = self.stops.clone();
        let mut working = std::pin::pin!(job.run());
        let mut heard = 0;
        loop {
            tokio::select! {
                verdict = &mut working => return verdict,
                Ok(stopped) = async { ours.wait_for(|stops| stops.count > heard).await.map(|stops| stops.clone()) } => {
                    heard = stopped.count;
                    match heard {
                        0 | 1 => self.screen.say("ending after this build; once more hands its request back"),
                        _ => stops::tell(stops, Stop::HandBack),
                    }
                }
            }
        }
    }
}
