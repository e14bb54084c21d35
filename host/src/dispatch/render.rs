//! The render loop of one reporter: events after its cursor, and what its inbox holds, through its plugin into effects.
//!
//! Several calls are made before one commit; each sees what earlier ones of the stretch remembered through an overlay.
//! What fails for good is recorded and passed over, what may pass by itself is tried again and holds the rest.
//!
//! Invariant: the position in the log never moves past what was not committed or passed over for good.

use super::Context;
use super::clock;
use super::effects;
use super::effects::Written;
use super::tasks;
use super::tasks::Task;
use super::tasks::is_of_inbox;
use super::trial;
use super::trouble;
use super::trouble::Held;
use crate::bus;
use crate::bus::Subscription;
use crate::config::From;
use crate::model::*;
use crate::plugin::Occasion;
use crate::plugin::Overlay;
use crate::plugin::Reporter;
use crate::store::InboxItem;
use crate::store::Incident;
use crate::store::StoreError;
use crate::store::Trouble;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Calls between two commits, and bytes of what they returned.
const STRETCH: usize = 64;
const STRETCH_BYTES: usize = 8 * 1024 * 1024;

/// Events that may be passed over before the cursor is written down.
const LAG: i64 = 1024;

pub(super) struct Render {
    context: Context,
    reporter: Arc<Reporter>,
    stop: CancellationToken,
    log: Subscription,
    /// What the store has for the cursor.
    written: Seq,
    told: watch::Receiver<u64>,
    /// When the inbox has to be looked at.
    inbox_due: Option<Millis>,
    held: Option<HeldCall>,
}

/// The call that is being held.
struct HeldCall {
    /// What it is for; nothing where the host itself is in trouble.
    id: String,
    /// How often its time has come. What the inbox holds may let it be made sooner; that does not count.
    tries: i64,
    retry_at: Millis,
}

/// How a stretch of work ended.
enum Stretch {
    Done,
    /// There was nothing to do.
    Idle,
    /// A call has to be made again later.
    Held(Held),
}

/// What a stretch has collected for its commit.
struct Collected {
    written: Written,
    overlay: Overlay,
    taken: Vec<InboxItem>,
    calls: usize,
}

impl Collected {
    fn of(identity: &Arc<str>) -> Self {
        Self { written: Written::of(identity), overlay: Overlay::new(), taken: Vec::new(), calls: 0 }
    }
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
    Ok(Render { context, reporter, stop, log, written, told, inbox_due: Some(Millis(0)), held })
}

impl Render {
    pub(super) async fn run(mut self) {
        while !self.stop.is_cancelled() {
            let from = self.log.position();
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
            // What was not committed is read again.
            self.log.seek(self.written.max(from));
            self.pause(held).await;
            self.inbox_due = Some(Millis(0));
        }
        let at = self.log.position();
        if let Err(error) = self.commit(Collected::of(&self.context.identity), at).await {
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
            let (tasks, next) = tasks::of_inbox(&self.context, &self.reporter, (from, now)).await?;
            self.inbox_due = next;
            if !tasks.is_empty() {
                return self.render(tasks, from).await;
            }
        }
        match self.log.next_page().await? {
            None => Ok(Stretch::Idle),
            Some(page) => {
                let tasks = tasks::of_page(&self.context, &self.reporter, (page, now)).await?;
                self.render(tasks, self.log.position()).await
            }
        }
    }

    fn progress(&self) {
        let position = self.log.position();
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

    /// Something has to pass by itself before the reporter can go on: its time, or a receipt or a wake-up that changes
    /// what it remembers.
    async fn pause(&mut self, held: Held) {
        let (tries, now) = (self.tries(&held.id), clock::now());
        let earlier = self.held.take().filter(|earlier| earlier.id == held.id && now < earlier.retry_at);
        let retry_at = earlier
            .map_or_else(|| now.plus(held.wait(tries, &self.context.schedule, rand::random())), |held| held.retry_at);
        tracing::warn!(reason = held.reason, tries, "the reporter is held");
        let name = self.reporter.name.clone();
        let trouble = Trouble { reason: held.reason.clone(), held: held.id.clone(), tries, retry_at };
        if let Err(error) = self.context.store.write(move |tx| tx.set_trouble(&name, &trouble)).await {
            tracing::warn!(%error, "the trouble could not be written down");
        }
        self.held = Some(HeldCall { id: held.id, tries, retry_at });
        self.context.progress.update(&self.reporter.name, |progress| progress.trouble = Some(held.reason));
        self.wait_for_change(retry_at).await;
    }

    /// Returns at that time, or when the inbox has something for a call of the log that is held.
    async fn wait_for_change(&mut self, retry_at: Millis) {
        let is_of_log = self.held.as_ref().is_some_and(|held| !held.id.is_empty() && !is_of_inbox(&held.id));
        let mut until = retry_at;
        loop {
            if is_of_log {
                self.told.mark_unchanged();
                let name = self.reporter.name.clone();
                let first = self.context.store.read(move |reader| reader.inbox(&name, 1)).await;
                let due = first.ok().and_then(|items| items.first().map(|item| item.due_at));
                until = due.map_or(retry_at, |due| due.min(retry_at));
            }
            // All of these are cancel-safe: a timer, a bell, a token.
            tokio::select! {
                () = clock::reached(Some(until)) => return,
                () = self.stop.cancelled() => return,
                Ok(()) = self.told.changed(), if is_of_log => {}
            }
        }
    }

    /// How often the time of this call has come, with now.
    fn tries(&self, id: &str) -> i64 {
        let held = self.held.as_ref().filter(|held| held.id == id);
        held.map_or(1, |held| if clock::now() < held.retry_at { held.tries } else { held.tries + 1 })
    }

    /// Calls the plugin for each task, and commits from time to time. Between calls it may be stopped.
    async fn render(&mut self, tasks: Vec<Task>, reached: Seq) -> Result<Stretch, StoreError> {
        let (mut collected, mut position) = (Collected::of(&self.context.identity), self.written);
        for Task { call, origin, reached, taken } in tasks {
            if self.stop.is_cancelled() {
                self.commit(collected, position).await?;
                self.log.seek(position);
                return Ok(Stretch::Done);
            }
            let outcome = match call {
                Ok(event) => self.call(event, &collected.overlay, &origin).await,
                Err(incident) => Ok(Err(incident)),
            };
            match outcome {
                Ok(Ok(effects)) => {
                    let effects = match &origin.trial {
                        Some(trial) => trial::marked(effects, trial),
                        None => effects,
                    };
                    remember(&mut collected.overlay, &effects);
                    collected.written.add(&self.reporter, &origin, effects);
                }
                Ok(Err(incident)) => collected.written.incidents.push(*incident),
                Err(held) => {
                    self.commit(collected, position).await?;
                    return Ok(Stretch::Held(held));
                }
            }
            self.release(&origin.id, reached.is_some()).await?;
            position = reached.unwrap_or(position);
            collected.taken.extend(taken);
            collected.calls += 1;
            if collected.calls == STRETCH || collected.written.bytes() > STRETCH_BYTES {
                self.commit(std::mem::replace(&mut collected, Collected::of(&self.context.identity)), position).await?;
            }
        }
        // Without a call there is nothing to lose: the cursor may lag a little.
        if collected.calls > 0 || reached.0 - self.written.0 >= LAG {
            self.commit(collected, reached).await?;
        }
        Ok(Stretch::Done)
    }

    /// The held call was made, or given up. Those of the inbox may go before it; one of the log never does: where it is
    /// another one, the reporter no longer wants to hear of what was held.
    async fn release(&mut self, id: &str, is_of_log: bool) -> Result<(), StoreError> {
        if self.held.as_ref().is_some_and(|held| is_of_log || held.id.is_empty() || held.id == id) {
            self.held = None;
            let name = self.reporter.name.clone();
            self.context.store.write(move |tx| tx.clear_trouble(&name)).await?;
        }
        Ok(())
    }

    /// The effects, or an incident that is passed over, or what has to pass by itself.
    async fn call(
        &self,
        event: ReporterEvent,
        overlay: &Overlay,
        origin: &effects::Origin,
    ) -> Result<Result<Vec<Effect>, Box<Incident>>, Held> {
        let is_said = matches!(event.body, EventBody::Chat(_));
        let occasion = Occasion { event: Arc::new(event), overlay: overlay.clone() };
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

    async fn commit(&mut self, collected: Collected, cursor: Seq) -> Result<(), StoreError> {
        let (name, now) = (self.reporter.name.clone(), clock::now());
        self.context
            .store
            .write(move |tx| {
                // First taken, then written: a wake-up may be asked for anew by the call that it caused.
                collected.taken.iter().try_for_each(|item| tx.take_inbox(item))?;
                collected.written.write(tx, &name, now)?;
                tx.set_cursor(&name, cursor)
            })
            .await?;
        self.written = cursor;
        Ok(())
    }
}

fn remember(overlay: &mut Overlay, effects: &[Effect]) {
    for effect in effects {
        if let Effect::Remember { key, value } = effect {
            overlay.insert(key.clone(), value.clone());
        }
    }
}
