//! An event of the store, told to its reporter once more: what the reporter makes of it now, beside what it made then.
//!
//! It only looks: the database is opened for reading, whether a host runs or not, and nothing is sent or kept. What the
//! event is about is seen as the event says; the rest, the reporter's memory too, as of now.

use super::Parts;
use super::prepare;
use crate::bus;
use crate::bus::Matched;
use crate::config::Config;
use crate::model::*;
use crate::plugin::LogEntry;
use crate::plugin::Occasion;
use crate::plugin::Reporter;
use crate::plugin::settings::Mark;
use crate::store::DeliveryRow;
use crate::store::Options;
use crate::store::Store;
use crate::transport::ChatTimes;
use anyhow::Context;
use anyhow::anyhow;
use anyhow::bail;
use std::path::PathBuf;
use std::sync::Arc;

/// What was made of an event, then and now.
pub struct Replayed {
    pub topic: String,
    /// The reporter's plugin, with its version.
    pub plugin: String,
    pub sent: Vec<DeliveryRow>,
    /// Or why the call failed.
    pub made: Result<Vec<Made>, String>,
    /// What the plugin said, and those that it asked.
    pub log: Vec<LogEntry>,
}

/// An effect.
pub enum Made {
    Delivery {
        delivery: Box<NewDelivery>,
        /// Why it would not be sent.
        denied: Option<String>,
    },
    /// What else it wants, in a few words.
    Besides(String),
}

/// Tells the event at `seq` to the reporter of this name, as it is configured now. `tried`: plugins that take the place
/// of those in the plugins directory.
pub async fn replay(config: &Config, name: &str, seq: Seq, tried: &[PathBuf]) -> anyhow::Result<Replayed> {
    let mut config = config.clone();
    let known: Vec<String> = config.reporters.iter().map(|reporter| reporter.name.0.clone()).collect();
    config.change_hooks.clear();
    config.reporters.retain(|reporter| reporter.name.0 == name);
    if config.reporters.is_empty() {
        bail!("no reporter {name:?}; there is: {}", known.join(", "));
    }
    let store = Store::look(&Options::new(&config.store.path))?;
    let parts = prepare(&config, store.clone(), (tried, ChatTimes::USUAL)).await?;
    let reporter = parts.reporters.values().next().context("a reporter that is configured is loaded")?;
    check_tried(&parts, reporter, tried)?;
    let Matched { event, topic, patterns } = find(&store, reporter, seq).await?;
    let event = parts.data.reporter_event(event, topic.clone(), reporter.wanted(&patterns)).await?;
    let occasion = Occasion { event: Arc::new(event), overlay: Arc::default() };
    let report = parts.caller.handle(&reporter.plugin, &reporter.config, occasion).await;
    let made = match report.outcome {
        Ok(Ok(effects)) => Ok(effects.into_iter().map(|effect| made(reporter, effect)).collect()),
        Ok(Err(Failure::GiveUp(reason))) => Err(format!("it gives up: {reason}")),
        Ok(Err(Failure::Retry(reason))) => Err(format!("it asks for another try: {reason}")),
        Err(error) => Err(error.to_string()),
    };
    let of = reporter.name.clone();
    let sent = store.read(move |reader| reader.deliveries_of_event(&of, seq)).await?;
    let plugin = format!("{} {}", reporter.plugin.name, reporter.plugin.descriptor.version);
    Ok(Replayed { topic, plugin, sent, made, log: report.log })
}

/// Refuses what would not be tried: a file that is no plugin, or whose name nobody uses. To be told that all is the same
/// would mislead.
fn check_tried(parts: &Parts, reporter: &Reporter, tried: &[PathBuf]) -> anyhow::Result<()> {
    let used = used(reporter);
    for file in tried {
        if let Some(broken) = parts.caller.plugins().broken().iter().find(|broken| broken.file == *file) {
            bail!("--plugin {}: {}; {}", file.display(), broken.reason, broken.remedy);
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        if !used.iter().any(|used| *used == name) {
            let wanted: Vec<String> = used.iter().map(|name| format!("{name}.wasm")).collect();
            bail!(
                "--plugin {}: the reporter {:?} uses no plugin {name:?}; call the file as one that it uses: {}",
                file.display(),
                reporter.name.0,
                wanted.join(", ")
            );
        }
    }
    Ok(())
}

/// The plugins that are asked: the reporter's own, and those that its settings name.
fn used(reporter: &Reporter) -> Vec<String> {
    let settings = serde_json::from_str(&reporter.config.settings).unwrap_or_default();
    let marks = reporter.plugin.schema.check(settings).map(|checked| checked.marks).unwrap_or_default();
    let named = marks.into_iter().filter_map(Mark::plugin);
    let mut used: Vec<String> = [reporter.plugin.name.clone()].into_iter().chain(named).collect();
    used.dedup();
    used
}

async fn find(store: &Store, reporter: &Reporter, seq: Seq) -> anyhow::Result<Matched> {
    let before = Seq(seq.0.saturating_sub(1));
    let events = store.events_after(before, Page { events: 1, bytes: 0 }).await?;
    let event = events.into_iter().next().filter(|event| event.seq == seq);
    let event = event.ok_or_else(|| {
        let last = *store.committed().borrow();
        anyhow!("no event {seq}: the newest is {last}")
    })?;
    let topics = event.topics.join(", ");
    bus::matched(&reporter.patterns(), event).ok_or_else(|| {
        let patterns: Vec<String> = reporter.patterns().iter().map(ToString::to_string).collect();
        anyhow!("event {seq} is {topics}; the reporter asks for {}", patterns.join(", "))
    })
}

fn made(reporter: &Reporter, effect: Effect) -> Made {
    match effect {
        Effect::Deliver(delivery) => {
            let denied = reporter.grants.permit(&delivery.message).err().map(|denied| denied.to_string());
            Made::Delivery { delivery: Box::new(delivery), denied }
        }
        Effect::Skip(skipped) => Made::Besides(format!("skip {:?}: {}", skipped.key, skipped.reason)),
        Effect::Remember { key, value: Some(value) } => Made::Besides(format!("remember {key:?}: {value}")),
        Effect::Remember { key, value: None } => Made::Besides(format!("forget {key:?}")),
        Effect::Wake(wake) => Made::Besides(format!("be woken by {:?} after {} ms", wake.key, wake.after_ms)),
        Effect::Control(request) => Made::Besides(format!("ask the CI system: {:?}", request.control)),
        Effect::Other(json) => Made::Besides(format!("have an effect that this version does not know: {json}")),
    }
}
