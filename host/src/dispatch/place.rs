//! One place at a destination: an attempt, its record, the next attempt.
//!
//! What may arrive twice is claimed ahead: while one is sent, the ends of those before are written and those after it
//! are claimed, in one transaction, so that neither the disk nor the destination waits for the other. How an attempt ended
//! is written as soon as the transaction before is: what gathers meanwhile goes together. And so many are claimed
//! ahead as were sent during a transaction: behind a slow relay one, so that other places have work too.
//!
//! Invariants: an attempt is on disk before its first byte leaves. What may not arrive twice is claimed when nothing
//! else is under way at its place, so that a host that dies never leaves one unsent and unknown.

use super::Context;
use super::attempt;
use super::attempt::Ended;
use super::clock;
use super::missed;
use crate::model::AttemptOutcome;
use crate::model::Millis;
use crate::store::Claim;
use crate::store::Claimed;
use crate::store::Next;
use crate::store::StoreError;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use tokio_util::sync::CancellationToken;

/// After a failed write, the next try is so much later, in milliseconds.
const AFTER_FAILURE: i64 = 1000;

/// Claimed ahead at one place: enough for a transaction to carry several mails. A host that is killed sends those again
/// whose end was not on disk: three in a transaction under way and three that ended meanwhile, at each place.
const MOST_AHEAD: usize = 2;

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
    /// The attempts that ended, to be recorded.
    ended: Vec<Ended>,
    /// Claimed ahead, and not to be sent now.
    unwanted: Vec<Claimed>,
    /// Which to claim, and how many.
    next: (Next, usize),
}

/// Sends until its destination has nothing more for it, or wants to be left alone.
pub(super) async fn keep_sending(context: &Context, first: Claimed, until: &Until) {
    let bucket = first.row.bucket.clone();
    let (more, is_chat) = (first.more, first.row.transport == "irc");
    let mut place = Place {
        context,
        bucket: &bucket,
        is_chat,
        until,
        turn: None,
        asked: 0,
        ahead: VecDeque::from([first]),
        more,
        ended: Vec::new(),
        sent: 0,
        depth: 1,
    };
    while let Some(claimed) = place.next().await {
        place.send(&claimed).await;
    }
}

struct Place<'a> {
    context: &'a Context,
    bucket: &'a str,
    is_chat: bool,
    until: &'a Until,
    /// The transaction under way, of which what it claims comes back.
    turn: Option<BoxFuture<'a, Vec<Claimed>>>,
    /// So many are to be claimed by it.
    asked: usize,
    ahead: VecDeque<Claimed>,
    /// Whether there is more to claim, as far as is known.
    more: bool,
    ended: Vec<Ended>,
    /// Since the transaction began.
    sent: usize,
    /// So many shall be ahead.
    depth: usize,
}

impl<'a> Place<'a> {
    /// What to send now. When nothing is ahead, or nothing wanted, all that ended is written before the next is taken:
    /// the store knows best who wants to be left alone.
    async fn next(&mut self) -> Option<Claimed> {
        loop {
            let go_on = !self.until.stop.is_cancelled();
            let wanted = go_on && self.until.quiet.is_over(clock::now());
            if wanted && let Some(claimed) = self.ahead.pop_front() {
                return Some(claimed);
            }
            if let Some(turn) = self.turn.take() {
                let taken = turn.await;
                self.took(taken);
                continue;
            }
            let unwanted = std::mem::take(&mut self.ahead).into();
            let next = (Next::Any, usize::from(go_on && self.may_follow()));
            let turn = Turn { ended: std::mem::take(&mut self.ended), unwanted, next };
            let mut taken = take_turn(self.context, self.bucket, turn).await;
            self.more = taken.last().is_some_and(|claimed| claimed.more);
            return taken.pop();
        }
    }

    /// Whether the next may go as soon as one has ended. What is said in a chat asks its budget first.
    fn may_follow(&self) -> bool {
        !self.is_chat || self.context.transports.is_chat_unlimited(self.bucket)
    }

    /// Sends one, and lets transactions go on beside.
    async fn send(&mut self, claimed: &Claimed) {
        let mut sending = pin!(send(self.context, claimed));
        let ended = loop {
            if claimed.row.may_arrive_twice() {
                self.begin_turn();
            }
            let Some(turn) = &mut self.turn else { break sending.await };
            tokio::select! {
                // Both are looked at again where they stopped.
                ended = &mut sending => break ended,
                taken = turn => {
                    self.turn = None;
                    self.took(taken);
                }
            }
        };
        if let Some(hold) = ended.hold {
            self.until.quiet.keep(hold.at_least(clock::now()));
        }
        self.ended.push(ended);
        self.sent += 1;
    }

    /// If there is something to write or to claim, and no transaction under way.
    fn begin_turn(&mut self) {
        let room = if self.more { self.depth.saturating_sub(self.ahead.len()) } else { 0 };
        if self.turn.is_some() || (self.ended.is_empty() && room == 0) {
            return;
        }
        // One that is claimed behind others may come before: what came in meanwhile is looked for as well.
        let room = if self.ahead.is_empty() { room.max(1) } else { room };
        let ended = std::mem::take(&mut self.ended);
        let turn = Turn { ended, unwanted: Vec::new(), next: (Next::MayArriveTwice, room) };
        let (context, bucket): (&'a Context, &'a str) = (self.context, self.bucket);
        (self.sent, self.asked) = (0, room);
        self.turn = Some(take_turn(context, bucket, turn).boxed());
    }

    fn took(&mut self, taken: Vec<Claimed>) {
        self.depth = (self.sent + 1).min(MOST_AHEAD);
        if self.asked > 0 {
            self.more = taken.last().is_some_and(|claimed| claimed.more);
        }
        self.ahead.extend(taken);
    }
}
async fn send(context: &Context, claimed: &Claimed) -> Ended {
    let attempt = AssertUnwindSafe(attempt::attempt(context, claimed)).catch_unwind().await;
    let ended = attempt.unwrap_or_else(|_| attempt::panicked(context, claimed));
    log(claimed, &ended);
    ended
}

/// As often as it takes: how an attempt ended is known, and must not be lost.
async fn take_turn(context: &Context, bucket: &str, turn: Turn) -> Vec<Claimed> {
    loop {
        match write(context, bucket, turn.clone()).await {
            Ok(next) => {
                context.progress.ring();
                return next;
            }
            Err(StoreError::Closed) => return Vec::new(),
            Err(error) => tracing::warn!(%error, "how an attempt ended is not recorded yet"),
        }
        clock::reached(Some(clock::now().plus(AFTER_FAILURE))).await;
    }
}

async fn write(context: &Context, bucket: &str, turn: Turn) -> Result<Vec<Claimed>, StoreError> {
    let (boot, bucket) = (context.boot, bucket.to_owned());
    context
        .store
        .write(move |tx| {
            for Ended { settlement, hold } in &turn.ended {
                if !missed::settle(tx, settlement)? {
                    tracing::warn!(delivery = %settlement.deliveryid, "a late result changes nothing");
                }
                if let Some(wait) = *hold {
                    tx.hold(&bucket, (wait, settlement.at), settlement.reason.as_deref().unwrap_or("asked to wait"))?;
                }
            }
            for unwanted in &turn.unwanted {
                tx.give_back(unwanted)?;
            }
            let (next, room) = turn.next;
            if room == 0 {
                return Ok(Vec::new());
            }
            let claim = Claim { now: clock::now(), boot, next, in_place: missed::summaries };
            // The next ones by themselves: whatever goes wrong there, what was settled stays.
            let more = tx.apart(|tx| tx.claim_from(&bucket, &claim, room));
            Ok(more.inspect_err(|error| tracing::warn!(%error, "nothing more was claimed")).unwrap_or_default())
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
