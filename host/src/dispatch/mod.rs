//! Dispatch: from the log to the destinations, in two loops that meet only in the store.
//!
//! *Render*, one task a reporter: events after its cursor → plugin call → deliveries, memory, wake-ups and the cursor in
//! one transaction. *Send*: take what is due, record the attempt, transport it, record how it ended.
//!
//! Invariants: nothing is sent that is not in the store with its attempt; a stalled destination holds up nobody else; a
//! plugin's failure is recorded and never stops the host.
//!
//! Their place, with a later version: the breaker, rate budgets and digests stand between `claim` and `attempt`.

mod attachments;
mod attempt;
mod backoff;
mod chats;
mod clock;
mod effects;
mod missed;
mod place;
mod recovery;
mod render;
mod send;
mod tasks;
mod trial;
mod trouble;

pub use backoff::Schedule;

use crate::bus::Progress;
use crate::data::Data;
use crate::model::Boot;
use crate::model::ReporterName;
use crate::plugin::Caller;
use crate::plugin::Reporter;
use crate::store::Store;
use crate::store::StoreError;
use crate::transport::Transports;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// What both loops work with. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub store: Store,
    pub data: Data,
    pub caller: Caller,
    pub transports: Transports,
    pub reporters: Arc<BTreeMap<ReporterName, Arc<Reporter>>>,
    pub schedule: Schedule,
    pub boot: Boot,
    /// The database's own name.
    pub identity: Arc<str>,
    pub progress: Progress,
}

/// The running loops.
pub struct Dispatch {
    context: Context,
    stop: CancellationToken,
    renders: Vec<JoinHandle<()>>,
    chats: Vec<JoinHandle<()>>,
    send: JoinHandle<()>,
}

/// Settles what an earlier life left under way, and starts the loops.
pub async fn start(context: Context) -> Result<Dispatch, StoreError> {
    recovery::run(&context).await?;
    let stop = CancellationToken::new();
    let mut renders = Vec::new();
    for reporter in context.reporters.values() {
        let render = render::start(context.clone(), Arc::clone(reporter), stop.clone()).await?;
        let span = tracing::info_span!("render", reporter = %reporter.name);
        renders.push(tokio::spawn(render.run().instrument(span)));
    }
    let chats = chats::keep(&context);
    let send = tokio::spawn(send::run(context.clone(), stop.clone()).instrument(tracing::info_span!("send")));
    Ok(Dispatch { context, stop, renders, chats, send })
}

impl Dispatch {
    pub fn progress(&self) -> &Progress {
        &self.context.progress
    }

    /// Stops both loops: what is under way may end until the deadline.
    pub async fn stop(self, drain: Duration) {
        self.stop.cancel();
        let mut tasks: Vec<JoinHandle<()>> = self.renders.into_iter().chain([self.send]).collect();
        let ended = futures_util::future::join_all(&mut tasks);
        if tokio::time::timeout(drain, ended).await.is_err() {
            tracing::warn!("the deadline passed with work under way; the next start finds out about it");
            tasks.iter().for_each(JoinHandle::abort);
        }
        // Behind the last answers; what is heard until the end is written down.
        self.context.transports.end_chats().await;
        for chat in self.chats {
            // A panic of its was logged.
            let _ = chat.await;
        }
    }
}
