//! One request that a follower took: run and told, or ended with the reason why it cannot be.

use super::build::Job;
use super::build::Verdict;
use super::build::short;
use super::clock;
use super::delivery;
use super::delivery::Advance;
use super::delivery::settle;
use super::engine::Engine;
use super::environment;
use super::folder::Folder;
use super::folder::Told;
use super::follow::Follower;
use super::host::Trouble;
use super::journal::What;
use super::orders::Orders;
use super::recorder::Recorder;
use super::requests;
use super::requests::Ending;
use super::sender::SendError;
use super::sender::Sender;
use super::sender::Sent;
use super::stops;
use super::stops::Stop;
use super::stops::Stops;
use crate::model::Results;
use anyhow::Context;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A signal during the last build says what the next one does.
const ONCE_MORE: &str = "ending after this build; once more hands its request back";

/// The same when it is over.
const ONCE_MORE_LEAVES: &str = "ending when this build is told; once more leaves the rest in the spool";

/// Somebody who delivers the build.
type Delivering = JoinHandle<Result<(), SendError>>;

impl Follower<'_> {
    /// Runs what a claimed request asks for.
    pub(super) async fn take(&self, engine: &Engine, request: i64) -> anyhow::Result<()> {
        let begin = match requests::begin(&self.host, engine, request).await {
            Ok(begin) => begin,
            // It is ours, and found again at the next look.
            Err(Trouble::Away { .. }) => {
                self.pause().await;
                return Ok(());
            }
            Err(Trouble::Refused { message, .. }) => {
                return self.give_up(engine, (request, Told::new()), &message).await;
            }
            Err(trouble @ Trouble::NotAllowed(_)) => return Err(trouble.into()),
        };
        let environment = environment::of((&self.host.url, self.builder), &begin.properties);
        let folder = self.spool.add()?;
        let recorder = Arc::new(Recorder::new(&folder, begin, self.run.room())?);
        let sending = watch::Sender::new(Sent::default());
        let sent = sending.subscribe();
        let sender = Sender::new(&self.host, &folder, (recorder.live.clone(), sending))?;
        let mut delivering = tokio::spawn(sender.deliver());
        let delivered = tokio::select! {
            verdict = self.work(request, (&recorder, sent.clone()), environment) => {
                self.screen.say(&verdict?.text);
                self.deliver(&mut delivering, sent).await
            }
            // It is refused in mid-build.
            delivered = &mut delivering => Some(delivered.context("delivering the build")?),
        };
        match delivered {
            Some(delivered) => self.settle(engine, (request, &folder), delivered).await,
            None => {
                delivering.abort();
                let waits = self.spool.folder.display();
                self.screen.say(&format!("the rest of the build waits in {waits} for the next start"));
                recorder.keep()
            }
        }
    }

    /// What the host will not have is ended, so that nobody takes it again for the same end.
    async fn settle(
        &self,
        engine: &Engine,
        (request, folder): (i64, &Folder),
        delivered: Result<(), SendError>,
    ) -> anyhow::Result<()> {
        let told = folder.told();
        let reason = delivered.as_ref().err().map(ToString::to_string).unwrap_or_default();
        if settle(delivered, folder, &self.screen)? {
            return Ok(());
        }
        let told = told.unwrap_or_else(|_| Told::new());
        self.give_up(engine, (request, told), &reason).await
    }

    async fn give_up(&self, engine: &Engine, (request, told): (i64, Told), reason: &str) -> anyhow::Result<()> {
        let reason = short(&format!("not run to its end: {reason}"));
        let told = Told { request: Some(request), master: Some(engine.master), ..told };
        loop {
            match requests::end(&self.host, (&told, Some(engine)), &reason).await {
                Err(Trouble::Away { .. }) if self.stops.borrow().count == 0 => self.pause().await,
                // It is free again when we are gone.
                Err(Trouble::Away { .. }) => return Ok(()),
                Ok(Ending::Done) => {
                    self.screen.say(&format!("request {request} ends as an exception, {reason}"));
                    return Ok(());
                }
                Ok(Ending::NotOurs) => {
                    self.screen.say(&format!("request {request} is not ours any more, and stays as it is: {reason}"));
                    return Ok(());
                }
                Err(trouble @ (Trouble::NotAllowed(_) | Trouble::Refused { .. })) => return Err(trouble.into()),
            }
        }
    }

    /// Runs it once the host knows of the build, so that its command finds its id.
    async fn work(
        &self,
        request: i64,
        (recorder, mut sent): (&Arc<Recorder>, watch::Receiver<Sent>),
        environment: Vec<(String, String)>,
    ) -> anyhow::Result<Verdict> {
        let stops = watch::Sender::new(Stops::default());
        let _orders = Orders::of((&self.host, &self.screen), sent.clone(), stops.clone());
        let known = tokio::select! {
            biased;
            known = sent.wait_for(|sent| sent.build.is_some()) => known.map(|sent| sent.clone()),
            () = self.stopped() => return Ok(hand_back(recorder)),
        };
        let Ok(known) = known else {
            // Refused: the end of the delivery says so.
            return std::future::pending().await;
        };
        let number = known.number.unwrap_or_default();
        self.screen.say(&format!("{} #{number} for request {request}", self.builder));
        let job = Job {
            plan: self.plan.clone(),
            builder: self.builder.to_owned(),
            recorder: Arc::clone(recorder),
            screen: Arc::clone(&self.screen),
            stops: stops.subscribe(),
            sent,
            folder: self.folder.clone(),
            environment,
            manner: self.run.manner(),
        };
        tokio::select! {
            verdict = job.run() => verdict,
            () = self.pass_on(&stops) => std::future::pending().await,
        }
    }

    /// The second signal ends the build.
    async fn pass_on(&self, stops: &watch::Sender<Stops>) {
        let (mut ours, mut heard) = (self.stops.clone(), 0);
        while let Ok(now) = ours.wait_for(|stops| stops.count > heard).await.map(|stops| stops.count) {
            heard = now;
            match heard {
                0 | 1 => self.screen.say(ONCE_MORE),
                _ => stops::tell(stops, Stop::HandBack),
            }
        }
    }

    /// Waits for the host as long as nobody wants us to end, then as long as anybody does; nothing when some is left.
    async fn deliver(&self, delivering: &mut Delivering, sent: watch::Receiver<Sent>) -> Option<Result<(), SendError>> {
        let listens = || (Advance::of(sent.clone()), self.stops.clone());
        if self.stops.borrow().count == 0 {
            let delivered = delivery::patiently(&mut *delivering, listens(), (clock::NEVER, &self.screen)).await;
            if let Some(delivered) = delivered {
                return delivered.ok();
            }
        }
        self.screen.say(ONCE_MORE_LEAVES);
        delivery::patiently(&mut *delivering, listens(), (self.run.patience(), &self.screen)).await?.ok()
    }
}

/// Nothing was run: somebody else shall take the request.
fn hand_back(recorder: &Recorder) -> Verdict {
    let (results, text) = (Results::Retry, "handed back before its command began".to_owned());
    recorder.add(What::End { results, text: text.clone() });
    Verdict { results, code: 0, text }
}
