//! What an earlier life of the process left under way: its owner is provably gone, so it is settled at once.

use super::Context;
use super::backoff;
use super::clock;
use crate::model::AttemptOutcome;
use crate::model::DeliveryState;
use crate::model::Message;
use crate::model::Millis;
use crate::model::Resend;
use crate::store::DeliveryRow;
use crate::store::Settlement;
use crate::store::StoreError;

/// Why such an attempt ended.
const ENDED: &str = "the host ended during the attempt";

pub(super) async fn run(context: &Context) -> Result<(), StoreError> {
    let (boot, now) = (context.boot, clock::now());
    let settled: Result<usize, StoreError> = context
        .store
        .write(move |tx| {
            let left = tx.left_under_way(boot)?;
            for row in &left {
                tx.settle(&settlement(row, now))?;
            }
            Ok(left.len())
        })
        .await;
    match settled? {
        0 => {}
        count => tracing::info!(count, "deliveries were under way when the host ended last"),
    }
    Ok(())
}

/// By its class: again, ask first, or never.
fn settlement(row: &DeliveryRow, now: Millis) -> Settlement {
    let read = serde_json::from_str::<Resend>(&row.resend).ok().zip(serde_json::from_str::<Message>(&row.message).ok());
    let state = read.and_then(|(resend, message)| backoff::unknown(&resend, &message));
    let reason = match state {
        Some(_) => ENDED.to_owned(),
        None => format!("{ENDED}: {}", backoff::MAYBE_ARRIVED),
    };
    Settlement {
        deliveryid: row.deliveryid,
        epoch: row.epoch,
        at: now,
        outcome: AttemptOutcome::Unknown,
        status: None,
        reason: Some(reason),
        answer: None,
        next: state.unwrap_or(DeliveryState::Dead),
        due_at: now,
        counts: true,
    }
}
