//! The call that a reporter is held by: what has to pass before it is made again, and when it is done with.

use super::Render;
use crate::dispatch::clock;
use crate::dispatch::tasks::is_of_inbox;
use crate::dispatch::trouble::Held;
use crate::model::Millis;
use crate::store::StoreError;
use crate::store::Trouble;

/// The call that is being held.
pub(super) struct HeldCall {
    /// What it is for; nothing where the host itself is in trouble.
    pub(super) id: String,
    /// How often its time has come. What the inbox holds may let it be made sooner; that does not count.
    pub(super) tries: i64,
    pub(super) retry_at: Millis,
}

impl Render {
    /// Something has to pass by itself before the reporter can go on: its time, or a receipt or a wake-up that changes
    /// what it remembers.
    pub(super) async fn pause(&mut self, held: Held) {
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
    pub(super) fn tries(&self, id: &str) -> i64 {
        let held = self.held.as_ref().filter(|held| held.id == id);
        held.map_or(1, |held| if clock::now() < held.retry_at { held.tries } else { held.tries + 1 })
    }

    /// The held call was made, or given up. Those of the inbox may go before it; one of the log never does: where it is
    /// another one, the reporter no longer wants to hear of what was held.
    pub(super) async fn release(&mut self, id: &str, is_of_log: bool) -> Result<(), StoreError> {
        if self.held.as_ref().is_some_and(|held| is_of_log || held.id.is_empty() || held.id == id) {
            self.held = None;
            let name = self.reporter.name.clone();
            self.context.store.write(move |tx| tx.clear_trouble(&name)).await?;
        }
        Ok(())
    }
}
