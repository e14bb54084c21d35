//! The send loop: takes what is due, a few to each destination, and keeps each place busy while there is more.
//!
//! A stalled destination fills its own places and no others.

use super::Context;
use super::attempt;
use super::attempt::Ended;
use super::clock;
use crate::model::AttemptOutcome;
use crate::model::Millis;
use crate::store::Claim;
use crate::store::Claimed;
use crate::store::StoreError;
use std::collections::HashMap;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Attempts under way at once, in all and to one destination.
const MOST_UNDER_WAY: usize = 256;
const PER_DESTINATION: usize = 4;

/// After a failed write, the next look is so much later, in milliseconds.
const AFTER_FAILURE: i64 = 1000;

/// The places that are taken, by destination.
#[derive(Default)]
struct Places {
    tasks: JoinSet<String>,
    under_way: HashMap<String, usize>,
}

pub(super) async fn run(context: Context, stop: CancellationToken) {
    let mut bell = context.store.owed();
    let mut places = Places::default();
    while !stop.is_cancelled() {
        bell.mark_unchanged();
        let wake = match fill(&context, &mut places, &stop).await {
            Ok(wake) => wake,
            Err(StoreError::Closed) => break,
            Err(error) => {
                tracing::error!(%error, "deliveries could not be claimed");
                Some(clock::now().plus(AFTER_FAILURE))
            }
        };
        // All of these are cancel-safe: a bell, a join, a timer, a token.
        tokio::select! {
            _ = bell.changed() => {}
            Some(ended) = places.tasks.join_next() => places.free(ended),
            () = clock::reached(wake) => {}
            () = stop.cancelled() => {}
        }
    }
    while places.tasks.join_next().await.is_some() {}
}

/// Takes what there is room for, and says when the next is due.
async fn fill(context: &Context, places: &mut Places, stop: &CancellationToken) -> Result<Option<Millis>, StoreError> {
    while let Some(ended) = places.tasks.try_join_next() {
        places.free(ended);
    }
    let claim = Claim {
        now: clock::now(),
        boot: context.boot,
        under_way: places.under_way.clone(),
        per_destination: PER_DESTINATION,
        most: MOST_UNDER_WAY.saturating_sub(places.tasks.len()),
    };
    let (claimed, wake): (Vec<Claimed>, Option<Millis>) = context
        .store
        .write(move |tx| {
            let claimed = tx.claim(&claim)?;
            let due = [tx.next_due(claim.now)?, tx.next_release(claim.now)?];
            Ok::<_, StoreError>((claimed, due.into_iter().flatten().min()))
        })
        .await?;
    context.progress.ring();
    for claimed in claimed {
        let destination = claimed.row.destination.clone();
        *places.under_way.entry(destination.clone()).or_default() += 1;
        places.tasks.spawn(keep_sending(context.clone(), claimed, stop.clone(), destination));
    }
    Ok(wake)
}

impl Places {
    fn free(&mut self, ended: Result<String, tokio::task::JoinError>) {
        match ended {
            Ok(destination) => {
                if let Some(count) = self.under_way.get_mut(&destination) {
                    *count -= 1;
                    if *count == 0 {
                        self.under_way.remove(&destination);
                    }
                }
            }
            // An attempt never panics by design; if it does, its place is found again after a restart.
            Err(error) => tracing::error!(%error, "an attempt panicked"),
        }
    }
}

/// One place: attempt, record, and the next one to the same destination in the same transaction.
async fn keep_sending(context: Context, claimed: Claimed, stop: CancellationToken, destination: String) -> String {
    let mut next = Some(claimed);
    while let Some(claimed) = next.take() {
        let ended = attempt::attempt(&context, &claimed).await;
        log(&claimed, &ended);
        match record(&context, &destination, ended, stop.is_cancelled()).await {
            Ok(more) => next = more,
            Err(error) => {
                tracing::error!(%error, delivery = %claimed.row.deliveryid, "an attempt could not be recorded")
            }
        }
        context.progress.ring();
    }
    destination
}

async fn record(
    context: &Context,
    destination: &str,
    ended: Ended,
    stopping: bool,
) -> Result<Option<Claimed>, StoreError> {
    let (boot, destination) = (context.boot, destination.to_owned());
    context
        .store
        .write(move |tx| {
            if !tx.settle(&ended.settlement)? {
                tracing::warn!(delivery = %ended.settlement.deliveryid, "a late result changes nothing");
            }
            if let Some(until) = ended.hold {
                tx.hold(&destination, until, ended.settlement.reason.as_deref().unwrap_or("asked to wait"))?;
            }
            if stopping {
                return Ok(None);
            }
            let claim = Claim { now: clock::now(), boot, under_way: HashMap::new(), per_destination: 1, most: 1 };
            Ok(tx.claim_from(&destination, &claim, 1)?.pop())
        })
        .await
}

fn log(claimed: &Claimed, ended: &Ended) {
    let (row, settlement) = (&claimed.row, &ended.settlement);
    let reason = settlement.reason.as_deref().unwrap_or_default();
    let (state, destination) = (settlement.next.name(), row.destination.as_str());
    match settlement.outcome {
        AttemptOutcome::Done | AttemptOutcome::ProbeFound | AttemptOutcome::ProbeAbsent => {
            tracing::debug!(delivery = %row.deliveryid, reporter = %row.reporter, destination, state, "sent");
        }
        AttemptOutcome::Failed | AttemptOutcome::Refused | AttemptOutcome::Unknown => {
            let outcome = settlement.outcome.name();
            tracing::warn!(delivery = %row.deliveryid, reporter = %row.reporter, destination, outcome, state, reason, "not sent");
        }
    }
}
