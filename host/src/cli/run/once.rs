//! One build, from its beginning until the host knows all of it; and what is left of builds before.

use super::Run;
use super::build::Job;
use super::delivery;
use super::environment;
use super::host::Host;
use super::journal::What;
use super::orders::Orders;
use super::private;
use super::recorder::Recorder;
use super::screen::Screen;
use super::sender::SendError;
use super::sender::Sender;
use super::sender::Sent;
use super::spool::Folder;
use super::spool::Spool;
use super::state_folder;
use super::stops;
use super::stops::Stops;
use anyhow::Context;
use anyhow::bail;
use anyhow::ensure;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// With a spool of its own choice nobody waits longer for the host before the command begins.
const BEGIN_WITHIN: Duration = Duration::from_secs(5);

/// Where the build waits to be told.
struct Place {
    spool: Spool,
    /// It is ours alone, and goes when all is told.
    private: Option<TempDir>,
}

/// A build on its way to the host.
struct Delivery {
    task: JoinHandle<Result<(), SendError>>,
    sent: watch::Receiver<Sent>,
    /// Of the builds that go before.
    earlier: watch::Receiver<Sent>,
}

/// Runs the plan as a build; returns what we end with.
pub(super) async fn run(run: &Run) -> anyhow::Result<i32> {
    let (plan, builder, worker) = (run.plan()?, run.builder()?, run.worker()?);
    let folder = std::env::current_dir().context("asking for the current folder")?;
    let host = Host::new(&run.server)?;
    let begin = run.about.begin(builder, &worker, &folder).await?;
    let environment = environment::of((&host.url, builder), &begin.properties);
    let place = Place::open(run)?;
    let screen = Arc::new(Screen::new());
    let stops = watch::Sender::new(Stops::default());
    stops::listen(stops.clone()).context("listening for signals")?;

    let earlier = delivery::left_behind(&place.spool, &screen)?.builds;
    let spooled = place.spool.add()?;
    let recorder = Arc::new(Recorder::new(&spooled, run.room())?);
    recorder.add(What::Begin(Box::new(begin)))?;
    let mut delivery = Delivery::start(&host, (earlier, &spooled), &recorder, &screen)?;
    delivery.begun(&place, (&spooled, &screen), builder).await?;

    let sent = delivery.sent.clone();
    let _orders = Orders::of(&host, sent.clone(), stops.clone());
    let job = Job {
        plan,
        builder: builder.to_owned(),
        recorder,
        screen: Arc::clone(&screen),
        stops: stops.subscribe(),
        sent,
        folder,
        environment,
        manner: run.manner(),
    };
    let verdict = match job.run().await {
        Ok(verdict) => verdict,
        Err(error) => {
            place.keep();
            return Err(error);
        }
    };
    screen.say(&verdict.text);
    delivery.end(place, (run, &spooled), &screen).await;
    Ok(verdict.code)
}

/// Delivers what waits in the spool.
pub(super) async fn resume(run: &Run) -> anyhow::Result<i32> {
    let folder = run.spool.as_deref().context("--resume needs --spool")?;
    ensure!(folder.is_dir(), "there is no folder {} (--spool)", folder.display());
    let host = Host::new(&run.server)?;
    let spool = Spool::open(folder)?;
    let screen = Screen::new();
    let left = delivery::left_behind(&spool, &screen)?;
    let sent = watch::Sender::new(Sent::default());
    let delivering = delivery::deliver_all(&host, &left.builds, (&screen, &sent));
    match delivery::patiently(delivering, sent.subscribe(), (run.patience(), &screen)).await {
        Some(Ok(refused)) => {
            screen.say(&format!("{} builds delivered", left.builds.len() - refused));
            Ok(i32::from(refused + left.broken > 0))
        }
        Some(Err(error)) => Err(error).context(waits(folder)),
        None => bail!("{}", waits(folder)),
    }
}

impl Place {
    fn open(run: &Run) -> anyhow::Result<Self> {
        if let Some(folder) = &run.spool {
            return Ok(Self { spool: Spool::open(folder)?, private: None });
        }
        let state = state_folder()?;
        private::folder(&state).context("say --spool")?;
        private::is_ours(&state).context("say --spool")?;
        let private = tempfile::Builder::new().prefix("run-").tempdir_in(&state);
        let private = private.with_context(|| format!("making a folder in {}; say --spool", state.display()))?;
        Ok(Self { spool: Spool::open(private.path())?, private: Some(private) })
    }

    /// What is not told stays.
    fn keep(self) {
        if let Some(private) = self.private {
            let _ = private.keep();
        }
    }
}

impl Delivery {
    fn start(
        host: &Host,
        (earlier, folder): (Vec<Folder>, &Folder),
        recorder: &Arc<Recorder>,
        screen: &Arc<Screen>,
    ) -> anyhow::Result<Self> {
        let sent = watch::Sender::new(Sent::default());
        let told = sent.subscribe();
        let sender = Sender::new(host, folder, (Arc::clone(&recorder.bell), sent))?;
        let (host, screen) = (host.clone(), Arc::clone(screen));
        let before = watch::Sender::new(Sent::default());
        let told_before = before.subscribe();
        let task = tokio::spawn(async move {
            delivery::deliver_all(&host, &earlier, (&screen, &before)).await?;
            sender.deliver().await
        });
        Ok(Self { task, sent: told, earlier: told_before })
    }

    /// Returns when the command may begin: the host knows the build, or there is a spool to wait in.
    async fn begun(
        &mut self,
        place: &Place,
        (folder, screen): (&Folder, &Screen),
        builder: &str,
    ) -> anyhow::Result<()> {
        let (mut sent, mut earlier) = (self.sent.clone(), self.earlier.clone());
        let limit = if place.private.is_some() { Duration::MAX } else { BEGIN_WITHIN };
        let begun = sent.wait_for(|sent| sent.build.is_some() || sent.away.is_some());
        let begun = tokio::select! {
            begun = begun => begun.map(|sent| sent.clone()).ok(),
            Ok(away) = earlier.wait_for(|sent| sent.away.is_some()) => Some(away.clone()),
            () = tokio::time::sleep(limit) => Some(Sent::default()),
        };
        // Nobody tells any more: the delivery has ended.
        let Some(begun) = begun else { return Err(self.failed(folder).await) };
        let waits = format!("the command runs, and what it does waits in {}", place.spool.folder.display());
        let known = self.sent.borrow().clone();
        match (known.build, known.number, begun.away) {
            (Some(build), Some(number), _) => screen.say(&format!("build {build} is {builder} #{number}")),
            (.., away) if place.private.is_some() => {
                self.task.abort();
                let away = away.unwrap_or_else(|| "the host does not answer".to_owned());
                bail!("{away}; nothing was run: with --spool DIR it runs now, and is delivered later");
            }
            (.., Some(away)) => screen.say(&format!("{away}; {waits}")),
            (.., None) => screen.say(&format!("the host does not know of the build yet; {waits}")),
        }
        Ok(())
    }

    /// Why there is no build. Nothing was run.
    async fn failed(&mut self, folder: &Folder) -> anyhow::Error {
        // Nobody will want to deliver it.
        let _ = folder.remove();
        match (&mut self.task).await {
            Ok(Err(error)) => anyhow::Error::new(error).context("nothing was run: the host will not have the build"),
            Ok(Ok(())) => anyhow::anyhow!("the build ended before it began"),
            Err(error) => anyhow::Error::new(error).context("delivering the build"),
        }
    }

    /// Waits until the host knows all, as long as that makes sense; what is left waits.
    async fn end(mut self, place: Place, (run, folder): (&Run, &Folder), screen: &Screen) {
        // Where the host was not there at all, and there is a spool, nobody wants to wait for it.
        let is_known = self.sent.borrow().build.is_some();
        let patience = if place.private.is_none() && !is_known { Duration::ZERO } else { run.patience() };
        let delivered = delivery::patiently(&mut self.task, self.sent.clone(), (patience, screen)).await;
        let delivered = match delivered {
            Some(Ok(delivered)) => delivery::settle(delivered, folder, screen).map_err(anyhow::Error::new),
            Some(Err(error)) => Err(anyhow::Error::new(error)),
            None => {
                self.task.abort();
                Err(anyhow::anyhow!("not all is delivered"))
            }
        };
        match delivered {
            Ok(true) => {}
            // Laid aside, inside of the folder.
            Ok(false) => place.keep(),
            Err(error) => {
                screen.say(&format!("{error:#}; {}", waits(&place.spool.folder)));
                place.keep();
            }
        }
    }
}

fn waits(folder: &Path) -> String {
    let folder = folder.display();
    format!("the rest waits in {folder}; `campanile run --resume --spool {folder}` delivers it")
}
