//! The render loop of one reporter: events after its cursor, and what its inbox holds, through its plugin into effects.
//!
//! Several calls are made before one commit; each sees what earlier ones of the stretch remembered through an overlay.
//! What fails for good is recorded and passed over, what may pass by itself is tried again and holds the rest.
//!
//! Invariant: the position in the log never moves past what was not committed or passed over for good.

mod collected;
mod held;

use super::Context;
use super::clock;
use super::effects;
use super::tasks;
use super::tasks::Task;
use super::trouble;
use super::trouble::Held;
use crate::bus;
use crate::bus::Subscription;
use crate::config::From;
use crate::model::*;
use crate::plugin::Occasion;
use crate::plugin::Reporter;
use crate::store::Incident;
use crate::store::StoreError;
use crate::store::Trouble;
use collected::Collected;
use held::HeldCall;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Events that may be passed over before the cursor is written down.
const LAG: i64 = 1024;

pub(super) struct Render {
    context: Context,
    reporter: Arc<Reporter>,
    stop: CancellationToken,
    log: Subscription,
    /// What the store has for the cursor.
    written: Seq,
    /// What is not committed yet, and where the log has come to with it.
    collected: Collected,
    reached: Seq,
    told: watch::Receiver<u64>,
    /// When the inbox has to be looked at.
    inbox_due: Option<Millis>,
    held: Option<HeldCall>,
}

/// How a stretch of work ended.
enum Stretch {
    Done,
    /// There was nothing to do.
    Idle,
    /// A call has to be made again later.
    Held(Held),
}

/// A reporter that is new begins with what happens from now on, unless it asks for all.
pub(super) async fn start(
    context: Context,
    reporter: Arc<Reporter>,
    stop: CancellationToken,
) -> Result<Render, StoreError> {
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
    let (written, trouble) = row.map_or((now, None), |row| (row.cursor, row.trouble));
    let log = bus::subscribe(&context.store, reporter.patterns(), written);
    let told = context.store.told();
    context.progress.update(&reporter.name, |progress| progress.position = written);
    // A start is a reason to try again, and that counts.
    let held = trouble.map(|Trouble { held, tries, .. }| HeldCall { id: held, tries, retry_at: Millis(0) });
    let collected = Collected::of(&context.identity);
    let inbox_due = Some(Millis(0));
    Ok(Render { context, reporter, stop, log, written, collected, reached: written, told, inbox_due, held })
}

impl Render {
    pub(super) async fn run(mut self) {
        while !self.stop.is_cancelled() {
            let stretch = self.step().await;
            let held = match stretch {
                Ok(Stretch::Done) => {
                    self.progress();
                    continue;
                }
                Ok(Stretch::Idle) => {
                    self.wait().await;
                    continue;
                }
                Ok(Stretch::Held(held)) => held,
                Err(StoreError::Closed) => return,
                Err(error) => Held::host(String::new(), error.to_string()),
            };
            if let Err(error) = self.commit_calls().await {
                tracing::warn!(%error, "what was rendered could not be written; it will be looked at again");
            }
            self.log.seek(self.reached);
            self.pause(held).await;
            self.inbox_due = Some(Millis(0));
        }
        if let Err(error) = self.commit().await {
            tracing::warn!(%error, "the cursor was not written; some events will be looked at again");
        }
    }

    /// Whatever is due first: the inbox, else the next page of the log.
    async fn step(&mut self) -> Result<Stretch, StoreError> {
        if self.told.has_changed().unwrap_or(false) {
            self.told.mark_unchanged();
            self.inbox_due = Some(Millis(0));
        }
        let (from, now) = (self.log.position(), clock::now());
        if self.inbox_due.is_some_and(|due| due <= now) {
            // What was taken from it must be gone before it is read again.
            self.commit_calls().await?;
            let (tasks, next) = tasks::of_inbox(&self.context, &self.reporter, (from, now)).await?;
            self.inbox_due = next;
            if !tasks.is_empty() {
                return self.render(tasks, from).await;
            }
        }
        match self.log.next_page().await? {
            None => {
                self.commit_calls().await?;
                Ok(Stretch::Idle)
            }
            Some(page) => {
                let tasks = tasks::of_page(&self.context, &self.reporter, (page, now)).await?;
                self.render(tasks, self.log.position()).await
            }
        }
    }

    /// Of calls that are not committed yet nobody is told.
    fn progress(&self) {
        let position = if self.collected.calls == 0 { self.log.position() } else { self.written };
        self.context.progress.update(&self.reporter.name, |progress| {
            progress.position = position;
            progress.trouble = None;
        });
    }

    async fn wait(&mut self) {
        self.progress();
        // All of these are cancel-safe: bells, a timer, a token.
        tokio::select! {
            () = self.log.rung() => {}
            changed = self.told.changed() => if changed.is_ok() { self.inbox_due = Some(Millis(0)) },
            () = clock::reached(self.inbox_due) => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// Calls the plugin for each task, and commits from time to time. Between calls it may be stopped.
    async fn render(&mut self, tasks: Vec<Task>, reached: Seq) -> Result<Stretch, StoreError> {
        for Task { call, origin, reached, taken } in tasks {
            if self.stop.is_cancelled() {
                self.log.seek(self.reached);
                return Ok(Stretch::Done);
            }
            let outcome = match call {
                Ok(event) => self.call(event, &origin).await,
                Err(incident) => Ok(Err(incident)),
            };
            match outcome {
                Ok(Ok(effects)) => self.collected.add(&self.reporter, &origin, effects),
                Ok(Err(incident)) => self.collected.written.incidents.push(*incident),
                Err(held) => {
                    self.commit_calls().await?;
                    return Ok(Stretch::Held(held));
                }
            }
            self.release(&origin.id, reached.is_some()).await?;
            self.reached = reached.unwrap_or(self.reached);
            self.collected.called(taken);
            if self.collected.is_enough() {
                self.commit().await?;
            }
        }
        self.reached = reached;
        // Without a call there is nothing to lose: the cursor may lag a little.
        if self.collected.calls == 0 && reached.0 - self.written.0 >= LAG {
            self.commit().await?;
        }
        Ok(Stretch::Done)
    }

    /// The effects, or an incident that is passed over, or what has to pass by itself.
    async fn call(
        &self,
        event: ReporterEvent,
        origin: &effects::Origin,
    ) -> Result<Result<Vec<Effect>, Box<Incident>>, Held> {
        let is_said = matches!(event.body, EventBody::Chat(_));
        let occasion = Occasion { event: Arc::new(event), overlay: Arc::clone(&self.collected.overlay) };
        let report = self.context.caller.handle(&self.reporter.plugin, &self.reporter.config, occasion).await;
        let failed = !matches!(report.outcome, Ok(Ok(_)));
        self.context.progress.update(&self.reporter.name, |progress| {
            progress.calls += 1;
            progress.failed_calls += u64::from(failed);
        });
        let tries = self.tries(&origin.id);
        let (kind, reason) = match trouble::judge(report.outcome, (&origin.id, tries), &self.context.schedule) {
            trouble::Verdict::Effects(effects) => return Ok(Ok(effects)),
            // A test holds nobody up.
            trouble::Verdict::Held(held) if origin.trial.is_some() => ("test", held.reason),
            // Nor does what anybody can say in a chat.
            trouble::Verdict::Held(held) if is_said => ("chat", held.reason),
            trouble::Verdict::Held(held) => return Err(held),
            trouble::Verdict::PassOver { kind, reason } => (kind, reason),
        };
        tracing::warn!(seq = %origin.seq, topic = origin.topic, kind, reason, "the plugin did not handle an event");
        let mut incident = effects::incident(&self.reporter, origin, kind, reason);
        incident.stderr = report.stderr_tail.join("\n");
        Ok(Err(Box::new(incident)))
    }

    /// If there were any.
    async fn commit_calls(&mut self) -> Result<(), StoreError> {
        if self.collected.calls == 0 { Ok(()) } else { self.commit().await }
    }

    /// Writes what was collected, with the cursor. What cannot be written is lost here, and read again.
    async fn commit(&mut self) -> Result<(), StoreError> {
        let collected = std::mem::replace(&mut self.collected, Collected::of(&self.context.identity));
        let (name, now, cursor) = (self.reporter.name.clone(), clock::now(), self.reached);
        // Until it stands there.
        self.reached = self.written;
        self.context
            .store
            .write(move |tx| {
                // First taken, then written: a wake-up may be asked for anew by the call that it caused.
                collected.taken.iter().try_for_each(|item| tx.take_inbox(item))?;
                collected.written.write(tx, &name, now)?;
                tx.set_cursor(&name, cursor)
            })
            .await?;
        (self.written, self.reached) = (cursor, cursor);
        Ok(())
    }
}
