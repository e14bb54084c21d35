//! `campanile plugin replay`: what a reporter makes of an event now, beside what was sent then.

use super::say;
use crate::app;
use crate::app::Made;
use crate::app::Replayed;
use crate::config::Config;
use crate::model::NewDelivery;
use crate::model::Seq;
use crate::plugin::LogLevel;
use crate::store::DeliveryRow;
use clap::Args;
use serde_json::Value;
use similar::ChangeTag;
use similar::TextDiff;
use std::path::PathBuf;
use std::process::ExitCode;

/// Lines that are shown around what differs.
const AROUND: usize = 2;

#[derive(Args)]
pub(crate) struct Replay {
    /// The reporter, by its name in the configuration
    name: String,
    /// The event, by its position: `campanile delivery show` tells of which event a delivery is
    #[arg(long, value_name = "SEQ")]
    event: i64,
    /// The configuration
    #[arg(long, short, value_name = "FILE", default_value = "campanile.toml", env = "CAMPANILE_CONFIG")]
    config: PathBuf,
    /// A plugin to be tried, such as target/short.wasm: it takes the place of plugins/short.wasm
    #[arg(long = "plugin", value_name = "FILE")]
    tried: Vec<PathBuf>,
}

/// Fails, as `diff` does, when something differs.
pub(super) async fn run(flags: &Replay) -> anyhow::Result<ExitCode> {
    let config = Config::load(&flags.config)?;
    let replayed = app::replay(&config, &flags.name, Seq(flags.event), &flags.tried).await?;
    say!("event {}, {}, told to {:?} ({})", flags.event, replayed.topic, flags.name, replayed.plugin);
    let is_same = show(&replayed);
    for entry in replayed.log.iter().filter(|entry| entry.level >= LogLevel::Info) {
        let fields: String = entry.fields.iter().map(|(name, value)| format!(", {name}: {value}")).collect();
        say!("{} says: {}{fields}", entry.plugin, entry.message);
    }
    Ok(if is_same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether it comes to the same.
fn show(Replayed { sent, made, .. }: &Replayed) -> bool {
    let made = match made {
        Ok(made) => made,
        Err(reason) => {
            say!("it fails: {reason}");
            return false;
        }
    };
    let mut is_same = true;
    let mut left: Vec<&DeliveryRow> = sent.iter().collect();
    for effect in made {
        match effect {
            Made::Delivery { delivery, denied } => {
                let before = left.iter().position(|row| row.key == delivery.key).map(|at| left.remove(at));
                is_same &= compare(before, delivery);
                if let Some(reason) = denied {
                    say!("  it would not be sent: {reason}");
                }
            }
            Made::Besides(what) => say!("it would {what}"),
        }
    }
    for row in &left {
        say!("{:?}: not made any more; it was delivery {} ({})", row.key, row.deliveryid, row.state.name());
        show_lines(&lines(&row.message), &[]);
    }
    if made.is_empty() && sent.is_empty() {
        say!("it makes nothing of it, then and now");
    }
    is_same && left.is_empty()
}

fn compare(before: Option<&DeliveryRow>, delivery: &NewDelivery) -> bool {
    let key = &delivery.key;
    let now = lines(&serde_json::to_string(&delivery.message).unwrap_or_default());
    let Some(row) = before else {
        say!("{key:?}: was not sent");
        show_lines(&[], &now);
        return false;
    };
    let then = lines(&row.message);
    let (id, state) = (row.deliveryid, row.state.name());
    if then == now {
        say!("{key:?}: the same as delivery {id} ({state})");
        return true;
    }
    say!("{key:?}: differs from delivery {id} ({state})");
    show_lines(&then, &now);
    false
}

/// What differs, and a little around it.
fn show_lines(then: &[String], now: &[String]) {
    let (then, now): (Vec<&str>, Vec<&str>) =
        (then.iter().map(String::as_str).collect(), now.iter().map(String::as_str).collect());
    let diff = TextDiff::from_slices(&then, &now);
    for (index, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if index > 0 {
            say!("  …");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            say!("  {sign} {}", change.value());
        }
    }
}

/// A message as people read it: a line for each value, and a text line by line.
fn lines(message: &str) -> Vec<String> {
    let mut lines = Vec::new();
    collect(&mut lines, "", &serde_json::from_str(message).unwrap_or_else(|_| Value::from(message)));
    lines
}

fn collect(lines: &mut Vec<String>, name: &str, value: &Value) {
    let within = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| collect(lines, &within(key), value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| collect(lines, &within(&at.to_string()), value));
        }
        Value::String(text) if text.contains('\n') => {
            lines.push(format!("{name}:"));
            lines.extend(text.lines().map(|line| format!("  {line}")));
        }
        Value::String(text) => lines.push(format!("{name}: {text}")),
        Value::Null | Value::Bool(_) | Value::Number(_) => lines.push(format!("{name}: {value}")),
    }
}
