//! What an earlier life of the process left under way: its owner is provably gone, so it is settled at once.

use super::Context;
use super::backoff;
use super::backoff::After;
use super::backoff::Next;
use super::backoff::Schedule;
use super::clock;
use super::missed;
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
    let (boot, now, schedule) = (context.boot, clock::now(), context.schedule.clone());
    let settled: Result<usize, StoreError> = context
        .store
        .write(move |tx| {
            let left = tx.left_under_way(boot)?;
            for row in &left {
                missed::settle(tx, &settlement(row, &schedule, now))?;
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

/// By its class: again, ask first, or never. The first time as soon as may be; an attempt that ends the host again and again
/// follows the schedule.
fn settlement(row: &DeliveryRow, schedule: &Schedule, now: Millis) -> Settlement {
    let read = serde_json::from_str::<Resend>(&row.resend).ok().zip(serde_json::from_str::<Message>(&row.message).ok());
    let next = read.map(|(resend, message)| {
        let (outcome, message, resend) = (AttemptOutcome::Unknown, &message, &resend);
        let after = After {
            outcome,
            message,
            resend,
            tries: row.tries,
            // The attempt may have been either; a question can wait.
            asked: false,
            somebody_has_it: false,
            now,
            not_before: None,
            chance: 0.0,
        };
        let next = backoff::next(after, schedule);
        let first = now.plus(backoff::quiet(after, schedule));
        Next { due_at: if row.tries <= 1 { first } else { next.due_at }, ..next }
    });
    let (state, due_at, because) = match next {
        Some(next) => (next.state, next.due_at, next.because),
        None => (DeliveryState::Dead, now, Some("its row does not read".to_owned())),
    };
    let reason = because.map_or_else(|| ENDED.to_owned(), |because| format!("{ENDED}: {because}"));
    Settlement {
        deliveryid: row.deliveryid,
        epoch: row.epoch,
        at: now,
        outcome: AttemptOutcome::Unknown,
        status: None,
        reason: Some(reason),
        answer: None,
        next: state,
        due_at,
        counts: true,
        recipients: Vec::new(),
    }
}
