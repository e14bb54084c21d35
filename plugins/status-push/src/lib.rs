//! Sends all that happens in batches: the StatusPush and the HttpStatusPush of Buildbot 0.8.
//!
//! An event becomes packets (`events`, `packets`), which wait in the reporter's memory (`queue`); a wake-up pushes them, and a
//! receipt says whether they arrived (`push`).
//!
//! Not here: the request itself, and its attempts; they are the host's.

mod events;
mod names;
mod packets;
mod payloads;
mod push;
mod queue;
mod settings;
#[cfg(test)]
mod tests;

use campanile_sdk::prelude::*;

use crate::packets::Packet;
use crate::packets::filtered;
use crate::packets::moment;
use crate::queue::Queue;
use crate::settings::Settings;

/// The reporter.
#[derive(Debug)]
pub struct StatusPush;

campanile_sdk::export!(StatusPush);

impl Reporter for StatusPush {
    const NAME: &'static str = "status-push";
    const SUMMARY: &'static str = "Sends all that happens in batches (Buildbot 0.8's StatusPush and HttpStatusPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        let problems = config.settings.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let is_told = |events: &[&str]| events.iter().any(|event| config.settings.tells(event));
        let topics = names::topics().into_iter().filter(|(_, events, _)| is_told(events));
        Ok(topics.map(|(topic, _, want)| Subscription::to(topic, want)).collect())
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let mut queue = Queue::load(host, event.at)?;
        let mut effects = match &event.body {
            EventBody::Wake(key) if key == push::WATCH => push::watched(&mut queue, (event.at, host)),
            EventBody::Wake(_) => push::due(config, &mut queue, (event.at, host))?,
            EventBody::Receipt(receipt) => push::ended(config, &mut queue, (receipt, event.at, host))?,
            _ => happened(config, &mut queue, (event, host))?,
        };
        effects.extend(queue.into_effects());
        Ok(effects)
    }
}

/// Packets for what happened, and the wake-up that pushes them.
fn happened<H: Host>(
    config: &Config<Settings>,
    queue: &mut Queue<'_, H>,
    (event, host): (&Event, &H),
) -> Result<Vec<Effect>, Failure> {
    let settings = &config.settings;
    let told = events::told(config, event, host);
    let mut effects = told.effects;
    let mut delay = settings.buffer_delay();
    for (name, payload) in told.events {
        if !settings.tells(name) {
            continue;
        }
        let packet = Packet {
            id: queue.ledger.next,
            timestamp: moment(event.at),
            project: &config.title,
            started: moment(queue.ledger.started),
            event: name,
            payload: if settings.filter { filtered(payload) } else { payload },
        };
        let packet = packet.text();
        if is_trial(event) {
            return Ok(push::trial(config, packet, host).into_iter().collect());
        }
        effects.extend(push::add(queue, &packet, host)?);
        if name == "shutdown" {
            // What waits goes out at once.
            (delay, queue.ledger.is_awaited) = (0, false);
        }
    }
    effects.extend(push::arrange(queue, delay, event.at));
    Ok(effects)
}

/// Whether it is about a build that never was, of which nothing is remembered.
fn is_trial(event: &Event) -> bool {
    matches!(&event.body, EventBody::Build(report) if report.build.id == 0)
}
