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
    let mut tasks = Vec::new();
    for item in due {
        tasks.push(match &item.kind {
            InboxKind::Wake(key) => told((format!("wake/{key}"), EventBody::Wake(key.clone())), item, (position, now)),
            InboxKind::Receipt(receipt) => {
                let body = EventBody::Receipt(receipt.clone());
                told((format!("receipt/{}", receipt.key), body), item, (position, now))
            }
            InboxKind::Heard(heard) => told(of_heard(heard), item, (position, now)),
            InboxKind::Trial(trial) => of_trial((context, reporter), trial.clone(), item, (position, now)).await?,
        });
    }
    Ok((tasks, next))
}

fn of_heard(heard: &Heard) -> (String, EventBody) {
    let topic = format!("chat/{}", heard.connection());
    let body = match heard {
        Heard::Said(message) => EventBody::Chat(message.clone()),
        Heard::Presence(presence) => EventBody::Presence(presence.clone()),
    };
    (topic, body)
}

fn told((topic, body): (String, EventBody), item: InboxItem, (seq, now): (Seq, Millis)) -> Task {
    let event = ReporterEvent { seq, topic: topic.clone(), at: item.due_at.seconds(), body };
    let origin = Origin { seq, topic, id: of_inbox_item(&item), now, trial: None };
    Task { call: Ok(event), origin, reached: None, taken: Some(item) }
}

/// What tells a call for an item of the inbox apart from all others.
fn of_inbox_item(item: &InboxItem) -> String {
    format!("inbox {} {}", item.inboxid, item.due_at)
}

/// Whether a call of this name is for an item of the inbox.
pub(super) fn is_of_inbox(id: &str) -> bool {
    id.starts_with("inbox ")
}

/// A test report; of an event that never was.
async fn of_trial(
    (context, reporter): (&Context, &Reporter),
    trial: Trial,
    item: InboxItem,
    (seq, now): (Seq, Millis),
) -> Result<Task, StoreError> {
    let name = TrialName::new(item.inboxid, item.due_at);
    let (topic, id) = (name.to_string(), of_inbox_item(&item));
    let origin = Origin { seq: Seq(0), topic, id, now, trial: Some(name) };
    let refused = |reason| Err(Box::new(effects::incident(reporter, &origin, "refused", reason)));
    let call = match Trial::topic(&reporter.patterns()) {
        None => refused("it asks for no builds that ended, and for no buildsets".to_owned()),
        Some(topic) => match context.data.trial_event(trial, (seq, topic, now.seconds())).await {
            Ok(event) => Ok(event),
            Err(DataError::Store(error)) if error.passes() => return Err(error),
            Err(error) => refused(error.to_string()),
        },
    };
    Ok(Task { call, origin, reached: None, taken: Some(item) })
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
        let origin = Origin { seq, topic: topic.clone(), id: seq.to_string(), now, trial: None };
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
