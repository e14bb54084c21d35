//! One attempt of a delivery: permitted again, sent or asked for, and what follows.

use super::Context;
use super::attachments::Attached;
use super::backoff;
use super::backoff::After;
use super::clock;
use crate::model::*;
use crate::store::Claimed;
use crate::store::DeliveryRow;
use crate::store::Settlement;
use crate::transport::Outgoing;
use crate::transport::Sent;

/// How an attempt ended, and how long its destination wants to be left alone.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) settlement: Settlement,
    pub(super) hold: Option<Wait>,
}

/// Tries once. Whatever happens is in the settlement.
pub(super) async fn attempt(context: &Context, claimed: &Claimed) -> Ended {
    let row = &claimed.row;
    let read = serde_json::from_str::<Message>(&row.message)
        .and_then(|message| Ok((message, serde_json::from_str::<Resend>(&row.resend)?)));
    let (message, resend) = match read {
        Ok(read) => read,
        Err(error) => return refused(row, DeliveryState::Dead, format!("its row does not read: {error}")),
    };
    let Some(reporter) = context.reporters.get(&row.reporter) else {
        let reason = format!("the reporter {:?} is no longer configured", row.reporter.0);
        return refused(row, DeliveryState::Cancelled, reason);
    };
    let asked = match (&resend, claimed.unknown) {
        (Resend::Probe(probe), true) => &probe.ask,
        _ => &message,
    };
    let permit = match reporter.grants.permit(asked) {
        Ok(permit) => permit,
        Err(denied) => return refused(row, DeliveryState::Dead, denied.to_string()),
    };
    let contents = Attached(&context.store);
    let outgoing = Outgoing {
        uid: &row.uid,
        reporter: &row.reporter.0,
        created_at: row.created_at,
        now: clock::now(),
        contents: &contents,
        recipients: &claimed.recipients,
    };
    let sent = match (&resend, claimed.unknown) {
        (Resend::Probe(probe), true) => context.transports.probe(&permit, &outgoing, probe).await,
        _ => context.transports.send(&permit, &outgoing).await,
    };
    let sent = if claimed.unknown && matches!(resend, Resend::Probe(_)) { probed(sent) } else { sent };
    ended(context, claimed, (&message, &resend), sent)
}

/// An attempt that panicked: nobody knows how far it came.
pub(super) fn panicked(context: &Context, claimed: &Claimed) -> Ended {
    let row = &claimed.row;
    let read = serde_json::from_str::<Message>(&row.message).ok().zip(serde_json::from_str::<Resend>(&row.resend).ok());
    let reason = Some("the attempt panicked; the log says where".to_owned());
    match read {
        Some((message, resend)) => {
            let sent = Sent { reason, ..ended_as(AttemptOutcome::Unknown) };
            ended(context, claimed, (&message, &resend), sent)
        }
        None => refused(row, DeliveryState::Dead, "its row does not read".to_owned()),
    }
}

/// What a question's end means: that nothing is found there is an answer, too; without an answer the delivery is as
/// unknown as it was.
fn probed(sent: Sent) -> Sent {
    let outcome = match (sent.outcome, sent.status) {
        (AttemptOutcome::Failed | AttemptOutcome::Refused, Some(404 | 410)) => AttemptOutcome::ProbeAbsent,
        (AttemptOutcome::Failed | AttemptOutcome::Refused, _) => AttemptOutcome::Unknown,
        (other, _) => other,
    };
    Sent { outcome, ..sent }
}

fn ended_as(outcome: AttemptOutcome) -> Sent {
    Sent { outcome, status: None, reason: None, answer: String::new(), wait: None, recipients: Vec::new() }
}

fn ended(
    context: &Context,
    Claimed { row, recipients, unknown, .. }: &Claimed,
    (message, resend): (&Message, &Resend),
    sent: Sent,
) -> Ended {
    let now = clock::now();
    let after = After {
        outcome: sent.outcome,
        message,
        resend,
        tries: row.tries,
        asked: *unknown,
        somebody_has_it: recipients.iter().any(|one| one.outcome == RecipientOutcome::Accepted),
        now,
        not_before: sent.wait.map(|wait| wait.at_least(now)),
        chance: rand::random(),
    };
    let next = backoff::next(after, &context.schedule);
    let reason = match (sent.reason, next.because) {
        (Some(reason), Some(because)) => Some(format!("{because}; the last: {reason}")),
        (reason, because) => reason.or(because),
    };
    let settlement = Settlement {
        deliveryid: row.deliveryid,
        epoch: row.epoch,
        at: now,
        outcome: sent.outcome,
        status: sent.status,
        reason,
        answer: Some(sent.answer).filter(|answer| !answer.is_empty()),
        next: next.state,
        due_at: next.due_at,
        counts: next.counts,
        recipients: sent.recipients,
    };
    Ended { settlement, hold: sent.wait }
}

fn refused(row: &DeliveryRow, next: DeliveryState, reason: String) -> Ended {
    let now = clock::now();
    let settlement = Settlement {
        deliveryid: row.deliveryid,
        epoch: row.epoch,
        at: now,
        outcome: AttemptOutcome::Refused,
        status: None,
        reason: Some(reason),
        answer: None,
        next,
        due_at: now,
        counts: true,
        recipients: Vec::new(),
    };
    Ended { settlement, hold: None }
}
