//! One place at a destination: an attempt, its record, the next attempt.
//!
//! What may arrive twice is claimed ahead: while one is sent, the end of the one before is written and the one after it
//! is claimed, in one transaction, so that neither the disk nor the destination waits for the other.
//!
//! Invariants: an attempt is on disk before its first byte leaves. What may not arrive twice is claimed when nothing
//! else is under way at its place, so that a host that dies never leaves one unsent and unknown.

use super::Context;
use super::attempt;
use super::attempt::Ended;
use super::clock;
use crate::model::AttemptOutcome;
use crate::model::Millis;
use crate::store::Claim;
use crate::store::Claimed;
use crate::store::Next;
use crate::store::StoreError;
use futures_util::FutureExt;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use tokio_util::sync::CancellationToken;

/// After a failed write, the next try is so much later, in milliseconds.
const AFTER_FAILURE: i64 = 1000;

/// What ends the sending at a place.
pub(super) struct Until {
    pub(super) stop: CancellationToken,
    pub(super) quiet: Quiet,
}

/// Until when a destination wants to be left alone, for the places that have claimed ahead: what is claimed after it said
/// so is asked of the store, which knows it by destination and secret.
#[derive(Clone, Default)]
pub(super) struct Quiet(Arc<AtomicI64>);

impl Quiet {
    fn keep(&self, until: Millis) {
        self.0.fetch_max(until.0, Ordering::Relaxed);
    }

    fn is_over(&self, now: Millis) -> bool {
        self.0.load(Ordering::Relaxed) <= now.0
    }
}

/// What one transaction does for a place.
#[derive(Clone)]
struct Turn {
    /// The attempt that ended, to be recorded.
    ended: Option<Ended>,
    /// Claimed ahead, and not to be sent now.
    unwanted: Option<Claimed>,
    next: Option<Next>,
}

/// Sends until its destination has nothing more for it, or wants to be left alone.
///
/// The store is asked for the next one in the turn that records a wish to be left alone, so it keeps to that wish.
pub(super) async fn keep_sending(context: &Context, first: Claimed, until: &Until) {
    let bucket = first.row.bucket.clone();
    let take = |turn| take_turn(context, &bucket, turn);
    let (mut claimed, mut before) = (first, None);
    loop {
        let (ended, ahead) = if claimed.row.may_arrive_twice() && (before.is_some() || claimed.more) {
            let turn = Turn { ended: before.take(), unwanted: None, next: Some(Next::MayArriveTwice) };
            tokio::join!(send(context, &claimed), take(turn))
        } else {
            (send(context, &claimed).await, None)
        };
        if let Some(hold) = ended.hold {
            until.quiet.keep(hold);
        }
        let go_on = !until.stop.is_cancelled();
        claimed = match ahead {
            Some(ahead) if go_on && until.quiet.is_over(clock::now()) => {
                before = Some(ended);
                ahead
            }
            unwanted => {
                let next = Some(Next::Any).filter(|_| go_on);
                let Some(next) = take(Turn { ended: Some(ended), unwanted, next }).await else { return };
                next
            }
        };
    }
}

async fn send(context: &Context, claimed: &Claimed) -> Ended {
    let attempt = AssertUnwindSafe(attempt::attempt(context, claimed)).catch_unwind().await;
    let ended = attempt.unwrap_or_else(|_| attempt::panicked(context, claimed));
    log(claimed, &ended);
    ended
}

/// As often as it takes: how an attempt ended is known, and must not be lost.
async fn take_turn(context: &Context, bucket: &str, turn: Turn) -> Option<Claimed> {
    loop {
        match write(context, bucket, turn.clone()).await {
            Ok(next) => {
                context.progress.ring();
                return next;
            }
            Err(StoreError::Closed) => return None,
            Err(error) => tracing::warn!(%error, "how an attempt ended is not recorded yet"),
        }
        clock::reached(Some(clock::now().plus(AFTER_FAILURE))).await;
    }
}

async fn write(context: &Context, bucket: &str, turn: Turn) -> Result<Option<Claimed>, StoreError> {
    let (boot, bucket) = (context.boot, bucket.to_owned());
    context
        .store
        .write(move |tx| {
            if let Some(Ended { settlement, hold }) = &turn.ended {
                if !tx.settle(settlement)? {
                    tracing::warn!(delivery = %settlement.deliveryid, "a late result changes nothing");
                }
                if let Some(until) = *hold {
                    tx.hold(&bucket, until, settlement.reason.as_deref().unwrap_or("asked to wait"))?;
                }
            }
            if let Some(unwanted) = &turn.unwanted {
                tx.give_back(unwanted)?;
            }
            let Some(next) = turn.next else { return Ok(None) };
            let claim = Claim { now: clock::now(), boot, under_way: HashMap::new(), per_destination: 1, most: 1, next };
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
        AttemptOutcome::Partly | AttemptOutcome::Failed | AttemptOutcome::Refused | AttemptOutcome::Unknown => {
            let outcome = settlement.outcome.name();
            tracing::warn!(delivery = %row.deliveryid, reporter = %row.reporter, destination, outcome, state, reason, "not sent");
        }
    }
}
