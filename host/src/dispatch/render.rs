//! The render loop of one reporter: events after its cursor, and what its inbox holds, through its plugin into effects.
//!
//! Several events are rendered before one commit; a call sees what earlier ones of the stretch remembered through an
//! overlay. What fails for good is recorded and passed over, what may pass by itself is tried again and holds the rest.

use super::Context;
use super::clock;
use super::effects;
use super::effects::Origin;
use super::effects::Written;
use crate::bus;
use crate::bus::Subscription;
use crate::config::From;
use crate::data::DataError;
use crate::model::*;
use crate::plugin::CallError;
use crate::plugin::Occasion;
use crate::plugin::Overlay;
use crate::plugin::Reporter;
use crate::store::InboxItem;
use crate::store::InboxKind;
use crate::store::StoreError;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Calls between two commits.
const STRETCH: usize = 64;

/// Events that may be passed over before the cursor is written down.
const LAG: i64 = 1024;

/// Items of the inbox looked at together.
const INBOX: usize = 64;

/// How often a call is tried that ran out of time: the machine may have been busy.
const TIMEOUT_TRIES: i64 = 3;

pub(super) struct Render {
    context: Context,
    reporter: Arc<Reporter>,
    log: Subscription,
    /// What the store has for the cursor.
    written: Seq,
    told: watch::Receiver<u64>,
    /// When the inbox has to be looked at.
    inbox_due: Option<Millis>,
    /// Tries of the call that is being held.
    tries: i64,
}

/// A call to be made.
struct Task {
    event: ReporterEvent,
    id: String,
    /// Where the log has come to with it.
    reached: Option<Seq>,
    taken: Option<InboxItem>,
}

/// How a stretch of work ended.
enum Stretch {
    Done,
    /// There was nothing to do.
    Idle,
    /// A call has to be made again later; why.
    Held(String),
}

/// A reporter that is new begins with what happens from now on, unless it asks for all.
pub(super) async fn start(context: Context, reporter: Arc<Reporter>) -> Result<Render, StoreError> {
    let now = match reporter.from {
        From::Now => *context.store.committed().borrow(),
        From::Start => Seq(0),
    };
    let name = reporter.name.clone();
    let row = context
        .store
        .write(move |tx| {
            tx.put_reporter(&name, now)?;
            tx.reporter(&name)
        })
        .await?;
    let (written, tries) = row.map_or((now, 0), |row| (row.cursor, row.tries));
    let log = bus::subscribe(&context.store, reporter.patterns(), written);
    let told = context.store.told();
    context.progress.update(&reporter.name, |progress| progress.position = written);
    Ok(Render { context, reporter, log, written, told, inbox_due: Some(Millis(0)), tries })
}

impl Render {
    pub(super) async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.step().await {
                Ok(Stretch::Done) => self.progress(),
                Ok(Stretch::Idle) => self.wait(&stop).await,
                Ok(Stretch::Held(trouble)) => self.pause(trouble, &stop).await,
                Err(DataError::Store(StoreError::Closed)) => return,
                Err(error) => self.pause(error.to_string(), &stop).await,
            }
        }
        if let Err(error) = self.commit(Written::default(), self.log.position(), Vec::new()).await {
            tracing::warn!(%error, "the cursor was not written; some events will be looked at again");
        }
    }

    /// Whatever is due first: the inbox, else the next page of the log.
    async fn step(&mut self) -> Result<Stretch, DataError> {
        let from = self.log.position();
        let (tasks, reached) = match self.inbox_tasks().await? {
            tasks if !tasks.is_empty() => (tasks, from),
            _ => match self.log.next_page().await? {
                None => return Ok(Stretch::Idle),
                Some(page) => (self.log_tasks(page).await?, self.log.position()),
            },
        };
        let stretch = self.render(tasks, reached).await;
        if !matches!(stretch, Ok(Stretch::Done)) {
            // What was not committed is read again.
            self.log.seek(self.written.max(from));
            self.inbox_due = Some(Millis(0));
        }
        stretch
    }

    fn progress(&self) {
        let position = self.log.position();
        self.context.progress.update(&self.reporter.name, |progress| {
            progress.position = position;
            progress.trouble = None;
        });
    }

    async fn wait(&mut self, stop: &CancellationToken) {
        self.progress();
        // All of these are cancel-safe: bells, a timer, a token.
        tokio::select! {
            () = self.log.rung() => {}
            changed = self.told.changed() => if changed.is_ok() { self.inbox_due = Some(Millis(0)) },
            () = clock::reached(self.inbox_due) => {}
            () = stop.cancelled() => {}
        }
    }

    /// Something has to pass by itself before the reporter can go on.
    async fn pause(&mut self, trouble: String, stop: &CancellationToken) {
        let wait = self.context.schedule.wait(self.tries.max(1), rand::random()).unwrap_or(60_000);
        tracing::warn!(trouble, wait_ms = wait, "the reporter is held");
        let retry_at = clock::now().plus(wait);
        let (name, reason) = (self.reporter.name.clone(), trouble.clone());
        if let Err(error) = self.context.store.write(move |tx| tx.set_trouble(&name, &reason, retry_at)).await {
            tracing::error!(%error, "the trouble could not be written down");
        }
        self.tries += 1;
        self.context.progress.update(&self.reporter.name, |progress| progress.trouble = Some(trouble));
        tokio::select! {
            () = clock::reached(Some(retry_at)) => {}
            () = stop.cancelled() => {}
        }
    }

    async fn inbox_tasks(&mut self) -> Result<Vec<Task>, DataError> {
        let now = clock::now();
        if self.inbox_due.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let name = self.reporter.name.clone();
        let items = self.context.store.read(move |reader| reader.inbox(&name, INBOX)).await?;
        // With a page full of what is due there may be more.
        let full = items.len() == INBOX && items.last().is_some_and(|item| item.due_at <= now);
        let later = items.iter().map(|item| item.due_at).find(|due| *due > now);
        self.inbox_due = if full { Some(Millis(0)) } else { later };
        let at = self.log.position();
        let due = items.into_iter().filter(|item| item.due_at <= now);
        Ok(due.map(|item| inbox_task(item, at, now)).collect())
    }

    async fn log_tasks(&self, page: Vec<bus::Matched>) -> Result<Vec<Task>, DataError> {
        let mut tasks = Vec::with_capacity(page.len());
        for matched in page {
            let seq = matched.event.seq;
            let want = self.reporter.wanted(&matched.patterns);
            match self.context.data.reporter_event(matched.event, matched.topic.clone(), want).await {
                Ok(event) => tasks.push(Task { event, id: seq.to_string(), reached: Some(seq), taken: None }),
                Err(DataError::Store(error)) => return Err(DataError::Store(error)),
                // What it is about was deleted meanwhile.
                Err(error) => tracing::info!(%seq, topic = matched.topic, %error, "an event is passed over"),
            }
        }
        Ok(tasks)
    }

    /// Calls the plugin for each task, and commits from time to time.
    async fn render(&mut self, tasks: Vec<Task>, reached: Seq) -> Result<Stretch, DataError> {
        let (mut written, mut overlay, mut taken, mut calls) = (Written::default(), Overlay::new(), Vec::new(), 0);
        let mut position = self.written;
        for task in tasks {
            let origin =
                Origin { seq: task.event.seq, topic: task.event.topic.clone(), id: task.id, now: clock::now() };
            match self.call(task.event, &overlay, &origin).await {
                Ok(Ok(effects)) => {
                    remember(&mut overlay, &effects);
                    written.add(&self.reporter, &origin, effects);
                }
                Ok(Err(incident)) => written.incidents.push(*incident),
                Err(trouble) => {
                    self.commit(written, position, taken).await?;
                    return Ok(Stretch::Held(trouble));
                }
            }
            self.tries = 0;
            position = task.reached.unwrap_or(position);
            taken.extend(task.taken);
            calls += 1;
            if calls % STRETCH == 0 {
                self.commit(std::mem::take(&mut written), position, std::mem::take(&mut taken)).await?;
                overlay.clear();
            }
        }
        // Without a call there is nothing to lose: the cursor may lag a little.
        if calls % STRETCH > 0 || reached.0 - self.written.0 >= LAG {
            self.commit(written, reached, taken).await?;
        }
        Ok(Stretch::Done)
    }

    /// The effects, or an incident that is passed over, or what has to pass by itself.
    async fn call(
        &self,
        event: ReporterEvent,
        overlay: &Overlay,
        origin: &Origin,
    ) -> Result<Result<Vec<Effect>, Box<crate::store::Incident>>, String> {
        let occasion = Occasion { event: Arc::new(event), overlay: overlay.clone() };
        let report = self.context.caller.handle(&self.reporter.plugin, &self.reporter.config, occasion).await;
        let failed = !matches!(report.outcome, Ok(Ok(_)));
        self.context.progress.update(&self.reporter.name, |progress| {
            progress.calls += 1;
            progress.failed_calls += u64::from(failed);
        });
        let (kind, reason) = match report.outcome {
            Ok(Ok(effects)) => return Ok(Ok(effects)),
            Ok(Err(Failure::Retry(reason))) if self.context.schedule.wait(self.tries.max(1), 0.0).is_some() => {
                return Err(format!("the plugin asks for another try: {reason}"));
            }
            Ok(Err(Failure::Retry(reason))) => ("given_up", format!("tried {} times: {reason}", self.tries)),
            Ok(Err(Failure::GiveUp(reason))) => ("give_up", reason),
            Err(CallError::Host(reason)) => return Err(reason),
            Err(error @ CallError::PoolExhausted) => return Err(error.to_string()),
            Err(error @ (CallError::CpuBudget { .. } | CallError::WallClock { .. })) if self.tries < TIMEOUT_TRIES => {
                return Err(error.to_string());
            }
            Err(error) => (kind(&error), error.to_string()),
        };
        tracing::warn!(seq = %origin.seq, topic = origin.topic, kind, reason, "the plugin did not handle an event");
        let mut incident = effects::incident(&self.reporter, origin, kind, reason);
        incident.stderr = report.stderr_tail.join("\n");
        Ok(Err(Box::new(incident)))
    }

    async fn commit(&mut self, written: Written, cursor: Seq, taken: Vec<InboxItem>) -> Result<(), StoreError> {
        let (name, now) = (self.reporter.name.clone(), clock::now());
        self.context
            .store
            .write(move |tx| {
                written.write(tx, &name, now)?;
                taken.iter().try_for_each(|item| tx.take_inbox(item))?;
                tx.set_cursor(&name, cursor)
            })
            .await?;
        self.written = cursor;
        Ok(())
    }
}

fn inbox_task(item: InboxItem, seq: Seq, now: Millis) -> Task {
    let (topic, body) = match &item.kind {
        InboxKind::Wake(key) => (format!("wake/{key}"), EventBody::Wake(key.clone())),
        InboxKind::Receipt(receipt) => (format!("receipt/{}", receipt.key), EventBody::Receipt(receipt.clone())),
    };
    let id = format!("inbox {} {}", item.inboxid, item.due_at);
    let event = ReporterEvent { seq, topic, at: now.seconds(), body };
    Task { event, id, reached: None, taken: Some(item) }
}

fn remember(overlay: &mut Overlay, effects: &[Effect]) {
    for effect in effects {
        if let Effect::Remember { key, value } = effect {
            overlay.insert(key.clone(), value.clone());
        }
    }
}

/// The word for an incident.
fn kind(error: &CallError) -> &'static str {
    match error {
        CallError::Trap { .. } => "trap",
        CallError::CpuBudget { .. } | CallError::WallClock { .. } => "timeout",
        CallError::Memory { .. } => "memory",
        CallError::Refused(_) => "refused",
        CallError::Host(_) | CallError::PoolExhausted => "host",
    }
}
