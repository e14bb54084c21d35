//! What a reporter has to be called for: items of its inbox, and events of the log with what belongs to them.

use super::Context;
use super::effects;
use super::effects::Origin;
use crate::bus::Matched;
use crate::data::DataError;
use crate::model::*;
use crate::plugin::Reporter;
use crate::store::InboxItem;
use crate::store::InboxKind;
use crate::store::Incident;
use crate::store::StoreError;

/// Items of the inbox looked at together.
const INBOX: usize = 64;

/// A call to be made, or an incident in its place.
pub(super) struct Task {
    pub(super) call: Result<ReporterEvent, Box<Incident>>,
    pub(super) origin: Origin,
    /// Where the log has come to with it.
    pub(super) reached: Option<Seq>,
    /// What goes from the inbox with it.
    pub(super) taken: Option<InboxItem>,
}

/// The due part of an inbox, and when to look again.
pub(super) async fn of_inbox(
    context: &Context,
    reporter: &Reporter,
    (position, now): (Seq, Millis),
) -> Result<(Vec<Task>, Option<Millis>), StoreError> {
    let name = reporter.name.clone();
    let items = context.store.read(move |reader| reader.inbox(&name, INBOX)).await?;
    // With a page full of what is due there may be more.
    let full = items.len() == INBOX && items.last().is_some_and(|item| item.due_at <= now);
    let later = items.iter().map(|item| item.due_at).find(|due| *due > now);
    let next = if full { Some(Millis(0)) } else { later };
    let due = items.into_iter().filter(|item| item.due_at <= now);
    Ok((due.map(|item| of_item(item, position, now)).collect(), next))
}

fn of_item(item: InboxItem, seq: Seq, now: Millis) -> Task {
    let (topic, body) = match &item.kind {
        InboxKind::Wake(key) => (format!("wake/{key}"), EventBody::Wake(key.clone())),
        InboxKind::Receipt(receipt) => (format!("receipt/{}", receipt.key), EventBody::Receipt(receipt.clone())),
    };
    let id = format!("inbox {} {}", item.inboxid, item.due_at);
    let event = ReporterEvent { seq, topic: topic.clone(), at: item.due_at.seconds(), body };
    Task { call: Ok(event), origin: Origin { seq, topic, id, now }, reached: None, taken: Some(item) }
}

/// The calls for a page of the log. An event that cannot be shown is an incident.
pub(super) async fn of_page(
    context: &Context,
    reporter: &Reporter,
    (page, now): (Vec<Matched>, Millis),
) -> Result<Vec<Task>, StoreError> {
    let mut tasks = Vec::with_capacity(page.len());
    for Matched { event, topic, patterns } in page {
        let seq = event.seq;
        let origin = Origin { seq, topic: topic.clone(), id: seq.to_string(), now };
        let call = match context.data.reporter_event(event, topic, reporter.wanted(&patterns)).await {
            Ok(event) => Ok(event),
            Err(DataError::Store(error)) if error.passes() => return Err(error),
            // What it is about was deleted meanwhile, or does not read: that will not get better.
            Err(error) => Err(Box::new(effects::incident(reporter, &origin, "passed_over", error.to_string()))),
        };
        tasks.push(Task { call, origin, reached: Some(seq), taken: None });
    }
    Ok(tasks)
}
