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
use futures_util::FutureExt;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

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
        let span = tracing::info_span!("attempt", destination);
        places.tasks.spawn(keep_sending(context.clone(), claimed, stop.clone(), destination).instrument(span));
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
            // Only at the end of the process: a panic of an attempt is caught, and is its outcome.
            Err(error) => tracing::warn!(%error, "an attempt was cut off"),
        }
    }
}

/// One place: attempt, record, and the next one to the same destination in the same transaction.
async fn keep_sending(context: Context, claimed: Claimed, stop: CancellationToken, destination: String) -> String {
    let mut next = Some(claimed);
    while let Some(claimed) = next.take() {
        let attempt = AssertUnwindSafe(attempt::attempt(&context, &claimed)).catch_unwind().await;
        let ended = attempt.unwrap_or_else(|_| attempt::panicked(&context, &claimed));
        log(&claimed, &ended);
        next = keep_recording(&context, &claimed, &ended, &stop).await;
        context.progress.ring();
    }
    destination
}

/// Records how it ended, as often as it takes: the outcome is known, and must not be lost.
async fn keep_recording(
    context: &Context,
    claimed: &Claimed,
    ended: &Ended,
    stop: &CancellationToken,
) -> Option<Claimed> {
    loop {
        match record(context, &claimed.row.bucket, ended, stop.is_cancelled()).await {
            Ok(more) => return more,
            Err(StoreError::Closed) => return None,
            Err(error) => tracing::warn!(%error, delivery = %claimed.row.deliveryid, "not recorded yet"),
        }
        clock::reached(Some(clock::now().plus(AFTER_FAILURE))).await;
    }
}

async fn record(context: &Context, bucket: &str, ended: &Ended, stopping: bool) -> Result<Option<Claimed>, StoreError> {
    let (boot, bucket, ended) = (context.boot, bucket.to_owned(), ended.clone());
    context
        .store
        .write(move |tx| {
            if !tx.settle(&ended.settlement)? {
                tracing::warn!(delivery = %ended.settlement.deliveryid, "a late result changes nothing");
            }
            if let Some(until) = ended.hold {
                tx.hold(&bucket, until, ended.settlement.reason.as_deref().unwrap_or("asked to wait"))?;
            }
            if stopping {
                return Ok(None);
            }
            let claim = Claim { now: clock::now(), boot, under_way: HashMap::new(), per_destination: 1, most: 1 };
            // The next one by itself: whatever goes wrong there, what was settled stays.
            let more = tx.apart(|tx| tx.claim_from(&bucket, &claim, 1));
            Ok(more.inspect_err(|error| tracing::warn!(%error, "nothing more was claimed")).unwrap_or_default().pop())
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
