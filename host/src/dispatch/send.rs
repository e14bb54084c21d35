//! The send loop: takes what is due, a few to each destination, and keeps each place busy while there is more.
//!
//! A stalled destination fills its own places and no others.
//!
//! Not here: what goes on at one place (`place`).

use super::Context;
use super::clock;
use super::missed;
use super::place;
use super::place::Quiet;
use super::place::Until;
use crate::model::Millis;
use crate::store::Claim;
use crate::store::Claimed;
use crate::store::Next;
use crate::store::Room;
use crate::store::StoreError;
use crate::transport::ChatRoom;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// Attempts under way at once.
const MOST_UNDER_WAY: usize = 256;

/// Attempts under way at once to one destination, unless a reporter's `in_flight` says otherwise: connections to a relay,
/// and requests to anybody else.
const MAILS: usize = 8;
const OTHERS: usize = 4;

/// After a failed write, the next look is so much later, in milliseconds.
const AFTER_FAILURE: i64 = 1000;

/// The places that are taken, by destination.
#[derive(Default)]
struct Places {
    tasks: JoinSet<String>,
    taken: HashMap<String, Taken>,
    /// How many there are where the operator says it.
    own: Arc<HashMap<String, usize>>,
}

/// The places of one destination.
#[derive(Default)]
struct Taken {
    count: usize,
    quiet: Quiet,
}

pub(super) async fn run(context: Context, stop: CancellationToken) {
    let (mut bell, mut chats) = (context.store.owed(), context.transports.chat_bell());
    let mut places = Places { own: Arc::new(own(&context)), ..Places::default() };
    while !stop.is_cancelled() {
        bell.mark_unchanged();
        chats.mark_unchanged();
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
            _ = chats.changed() => {}
            Some(ended) = places.tasks.join_next() => places.free(ended),
            () = clock::reached(wake) => {}
            () = stop.cancelled() => {}
        }
    }
    while places.tasks.join_next().await.is_some() {}
}

/// Of several reporters with the same destination the most generous one counts.
fn own(context: &Context) -> HashMap<String, usize> {
    let mut own: HashMap<String, usize> = HashMap::new();
    for reporter in context.reporters.values() {
        for (destination, most) in reporter.grants.destinations().zip(std::iter::repeat(reporter.in_flight)) {
            let Some(most) = most else { continue };
            let known = own.entry(destination.to_string()).or_default();
            *known = most.max(*known);
        }
    }
    own
}

/// Takes what there is room for, and says when the next is due.
async fn fill(context: &Context, places: &mut Places, stop: &CancellationToken) -> Result<Option<Millis>, StoreError> {
    while let Some(ended) = places.tasks.try_join_next() {
        places.free(ended);
    }
    let claim = Claim { now: clock::now(), boot: context.boot, next: Next::Any, in_place: missed::summaries };
    let (own, later) = chats(context, &places.own);
    let room = Room {
        under_way: places.taken.iter().map(|(destination, taken)| (destination.clone(), taken.count)).collect(),
        places: |transport| if transport == "smtp" { MAILS } else { OTHERS },
        own,
        most: MOST_UNDER_WAY.saturating_sub(places.tasks.len()),
    };
    let (claimed, wake): (Vec<Claimed>, Option<Millis>) = context
        .store
        .write(move |tx| {
            let claimed = tx.claim(&claim, room)?;
            let due = [tx.next_due(claim.now)?, tx.next_release(claim.now)?];
            Ok::<_, StoreError>((claimed, due.into_iter().flatten().min()))
        })
        .await?;
    context.progress.ring();
    for claimed in claimed {
        let destination = claimed.row.destination.clone();
        let taken = places.taken.entry(destination.clone()).or_default();
        taken.count += 1;
        let span = tracing::info_span!("attempt", destination);
        let until = Until { stop: stop.clone(), quiet: taken.quiet.clone() };
        places.tasks.spawn(keep_busy(context.clone(), claimed, until, destination).instrument(span));
    }
    Ok([wake, later].into_iter().flatten().min())
}

/// What there is room for, with what may be said on the chat connections; and when there may be more on one.
fn chats(context: &Context, own: &Arc<HashMap<String, usize>>) -> (Arc<HashMap<String, usize>>, Option<Millis>) {
    let rooms = context.transports.chat_rooms();
    if rooms.is_empty() {
        return (Arc::clone(own), None);
    }
    let (mut own, mut later) = (HashMap::clone(own), None::<Millis>);
    for (address, room) in rooms {
        let places = match room {
            ChatRoom::Open(places) => places,
            ChatRoom::Later(at) => {
                later = Some(later.map_or(at, |known| known.min(at)));
                0
            }
            ChatRoom::Closed => 0,
        };
        own.insert(address, places);
    }
    (Arc::new(own), later)
}

impl Places {
    fn free(&mut self, ended: Result<String, tokio::task::JoinError>) {
        match ended {
            Ok(destination) => {
                if let Some(taken) = self.taken.get_mut(&destination) {
                    taken.count -= 1;
                    if taken.count == 0 {
                        self.taken.remove(&destination);
                    }
                }
            }
            // Only at the end of the process: a panic of an attempt is caught, and is its outcome.
            Err(error) => tracing::warn!(%error, "an attempt was cut off"),
        }
    }
}

/// Says at the end which destination has a place free again.
async fn keep_busy(context: Context, claimed: Claimed, until: Until, destination: String) -> String {
    place::keep_sending(&context, claimed, &until).await;
    destination
}
