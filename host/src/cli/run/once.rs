//! One build, from its beginning until the host knows all of it; and what is left of builds before.

use super::Run;
use super::build::Job;
use super::delivery;
use super::delivery::Advance;
use super::delivery::Left;
use super::environment;
use super::folder::Folder;
use super::host::Fate;
use super::host::Host;
use super::journal::What;
use super::leftovers;
use super::leftovers::Leftovers;
use super::orders::Orders;
use super::recorder::Recorder;
use super::screen::Screen;
use super::sender::SendError;
use super::sender::Sender;
use super::sender::Sent;
use super::spool::Moved;
use super::spool::Spool;
use super::state_folder;
use super::stops;
use super::stops::Stops;
use crate::model::Results;
use anyhow::Context;
use anyhow::bail;
use anyhow::ensure;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// With a spool of its own choice nobody waits longer for the host before the command begins; nor without one, for a host
/// that went away in mid-call.
const BEGIN_WITHIN: Duration = Duration::from_secs(5);

/// What is told of a build whose command was not run.
const NOTHING_RUN: &str = "nothing was run: the host went away";

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
    recorder: Arc<Recorder>,
    folder: Folder,
}

/// Runs the plan as a build; returns what we end with.
pub(super) async fn run(run: &Run, screen: &Arc<Screen>, stops: &watch::Sender<Stops>) -> anyhow::Result<i32> {
    let (plan, builder, worker) = (run.plan()?, run.builder()?, run.worker()?);
    let folder = std::env::current_dir().context("asking for the current folder")?;
    let host = run.host()?;
    let begin = run.about.begin(builder, &worker, &folder).await?;
    let environment = environment::of((&host.url, builder), &begin.properties);
    let mut place = Place::open(run, &host).context("nothing was run")?;
    stops::listen(stops.clone()).context("listening for signals")?;

    let earlier = delivery::left_behind(&place.spool, screen)?.builds;
    let spooled = place.spool.add().context("nothing was run")?;
    let recorder = Arc::new(Recorder::new(&spooled, begin, run.room()).context("nothing was run")?);
    let mut delivery = Delivery::start(&host, (earlier, &spooled), &recorder, screen)?;
    delivery.begun(&mut place, (screen, stops), builder).await?;

    let leftovers = state_folder().ok().map(|state| Leftovers::deliver(&host, &state, screen));
    let sent = delivery.sent.clone();
    let _orders = Orders::of((&host, screen), sent.clone(), stops.clone());
    let job = Job {
        plan,
        builder: builder.to_owned(),
        recorder,
        screen: Arc::clone(screen),
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
    let whole = delivery.end(place, run, (screen, stops)).await;
    if let Some(leftovers) = leftovers {
        // Who did not wait for his own build, or in vain, waits for no other's.
        let patience = if whole == Whole::Yes { run.patience() } else { Duration::ZERO };
        leftovers.end((patience, screen), stops.subscribe()).await;
    }
    Ok(verdict.code)
}

/// Delivers what waits in the spool.
pub(super) async fn resume(run: &Run, screen: &Arc<Screen>, stops: &watch::Sender<Stops>) -> anyhow::Result<i32> {
    let folder = run.spool.as_deref().context("--resume needs --spool")?;
    ensure!(folder.is_dir(), "there is no folder {} (--spool)", folder.display());
    let host = run.host()?;
    let spool = Spool::open(folder)?;
    spool.is_for(&host.address(), run.moved())?;
    if run.refused {
        spool.take_back_refused()?;
    }
    let left = delivery::left_behind(&spool, screen)?;
    let sent = watch::Sender::new(Sent::default());
    let delivering = delivery::deliver_all(&host, &left.builds, (screen, &sent));
    // Nobody listens for signals: they end us, and what is not told stays.
    let stops = stops.subscribe();
    match delivery::patiently(delivering, (Advance::of(sent.subscribe()), stops), (run.patience(), screen)).await {
        Some(Ok(refused)) => Ok(told(&left, refused, screen)),
        Some(Err(error)) => Err(error).context(waits(folder)),
        None => bail!("{}", waits(folder)),
    }
}

fn told(left: &Left, refused: usize, screen: &Screen) -> i32 {
    screen.say(&format!("{} builds delivered", left.builds.len() - refused));
    i32::from(refused + left.broken > 0)
}

impl Place {
    fn open(run: &Run, host: &Host) -> anyhow::Result<Self> {
        let (spool, private) = match &run.spool {
            Some(folder) => (Spool::open(folder)?, None),
            None => {
                let private = leftovers::new_folder(&state_folder()?)?;
                (Spool::open(private.path())?, Some(private))
            }
        };
        spool.is_for(&host.address(), if private.is_some() { Moved::No } else { run.moved() })?;
        Ok(Self { spool, private })
    }

    /// What is not told stays.
    fn keep(&mut self) {
        if let Some(private) = self.private.take() {
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
        let sender = Sender::new(host, folder, (recorder.live.clone(), sent.clone()))?;
        let (host, screen, own) = (host.clone(), Arc::clone(screen), folder.clone());
        let before = watch::Sender::new(Sent::default());
        let told_before = before.subscribe();
        let task = tokio::spawn(async move {
            delivery::deliver_all(&host, &earlier, (&screen, &before)).await?;
            drop(before);
            delivery::deliver(sender, &host, (&own, &sent)).await
        });
        let (recorder, folder) = (Arc::clone(recorder), folder.clone());
        Ok(Self { task, sent: told, earlier: told_before, recorder, folder })
    }

    /// Returns when the command may begin: the host knows the build, or there is a spool to wait in. After a signal no
    /// command begins, which the build says.
    async fn begun(
        &mut self,
        place: &mut Place,
        (screen, stops): (&Screen, &watch::Sender<Stops>),
        builder: &str,
    ) -> anyhow::Result<()> {
        let (mut sent, mut earlier, mut stopped) = (self.sent.clone(), self.earlier.clone(), stops.subscribe());
        let limit = if place.private.is_some() { Duration::MAX } else { BEGIN_WITHIN };
        let begun = sent.wait_for(|sent| sent.build.is_some() || sent.away.is_some());
        let begun = tokio::select! {
            begun = begun => begun.map(|sent| sent.clone()).ok(),
            Ok(away) = earlier.wait_for(|sent| sent.away.is_some()) => Some(away.clone()),
            Ok(_) = stopped.wait_for(|stops| stops.count > 0) => return Ok(()),
            () = tokio::time::sleep(limit) => Some(Sent::default()),
        };
        // Nobody tells any more: the delivery has ended.
        let Some(begun) = begun else { return Err(self.failed(place).await) };
        if place.private.is_some() && begun.build.is_none() {
            self.surely_begun(place, begun.away.clone().unwrap_or_default(), stops.subscribe()).await?;
        }
        if stops.borrow().count > 0 {
            return Ok(());
        }
        let waits = format!("the command runs, and what it does waits in {}", place.spool.folder.display());
        let known = self.sent.borrow().clone();
        match (known.build, known.number, begun.away) {
            (Some(build), Some(number), _) => screen.say(&format!("build {build} is {builder} #{number}")),
            (.., Some(away)) => screen.say(&format!("{away}; {waits}")),
            (.., None) => screen.say(&format!("the host does not know of the build yet; {waits}")),
        }
        Ok(())
    }

    /// Without a spool nothing is run while the host is away. Whether it heard of the build before is found out soon; if
    /// not, the build waits to be ended.
    async fn surely_begun(
        &mut self,
        place: &mut Place,
        away: String,
        mut stops: watch::Receiver<Stops>,
    ) -> anyhow::Result<()> {
        let nothing = "nothing was run: with --spool DIR it runs now, and is delivered later";
        if self.sent.borrow().fate <= Fate::HardlyDone {
            self.task.abort();
            bail!("{away}; {nothing}");
        }
        let mut sent = self.sent.clone();
        tokio::select! {
            known = sent.wait_for(|sent| sent.build.is_some()) => match known.is_ok() {
                true => return Ok(()),
                false => return Err(self.failed(place).await),
            },
            Ok(_) = stops.wait_for(|stops| stops.count > 0) => return Ok(()),
            () = tokio::time::sleep(BEGIN_WITHIN) => {}
        }
        self.task.abort();
        self.recorder.add(What::End { results: Results::Exception, text: NOTHING_RUN.to_owned() });
        place.keep();
        bail!(
            "{away}; {nothing}. The host may know of the build: the next `campanile run` tells it that nothing was run"
        )
    }

    /// Why there is no build. Nothing was run.
    async fn failed(&mut self, place: &mut Place) -> anyhow::Error {
        match self.sent.borrow().fate {
            // Nobody will want to deliver it.
            Fate::NotDone | Fate::HardlyDone => drop(self.folder.remove()),
            Fate::Unknown => place.keep(),
        }
        match (&mut self.task).await {
            Ok(Err(error)) => anyhow::Error::new(error).context("nothing was run: the host will not have the build"),
            Ok(Ok(())) => anyhow::anyhow!("the build ended before it began"),
            Err(error) => anyhow::Error::new(error).context("delivering the build"),
        }
    }

    /// Waits until the host knows all, as long as that makes sense and nobody sends a signal; what is left waits.
    async fn end(mut self, mut place: Place, run: &Run, (screen, stops): (&Screen, &watch::Sender<Stops>)) -> Whole {
        // Where the host was not there at all, and there is a spool, nobody wants to wait for it.
        let is_known = self.sent.borrow().build.is_some();
        let is_away = self.sent.borrow().away.is_some() || self.earlier.borrow().away.is_some();
        let is_in_vain = place.private.is_none() && !is_known && is_away;
        let patience = if is_in_vain { Duration::ZERO } else { run.patience() };
        let told = (Advance::behind(self.sent.clone(), self.earlier.clone()), stops.subscribe());
        let delivered = delivery::patiently(&mut self.task, told, (patience, screen)).await;
        let delivered = match delivered {
            Some(Ok(delivered)) => delivery::settle(delivered, &self.folder, screen).map_err(anyhow::Error::new),
            Some(Err(error)) => Err(anyhow::Error::new(error)),
            None => {
                self.task.abort();
                Err(anyhow::anyhow!("not all is delivered"))
            }
        };
        match delivered {
            Ok(true) => Whole::Yes,
            // Laid aside, inside of the folder.
            Ok(false) => {
                place.keep();
                Whole::Yes
            }
            Err(error) => {
                screen.say(&format!("{error:#}; {}", waits(&place.spool.folder)));
                if let Err(error) = self.recorder.keep() {
                    screen.say(&format!("{error:#}"));
                }
                place.keep();
                Whole::No
            }
        }
    }
}

/// Whether all of a build is told, or laid aside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Yes,
    No,
}

fn waits(folder: &Path) -> String {
    let folder = folder.display();
    format!("the rest waits in {folder}; `campanile run --resume --spool {folder}` delivers it")
}
