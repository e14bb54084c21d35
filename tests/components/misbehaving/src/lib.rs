//! A reporter that does, on command, what reporters must not do: `behaviour` says what.
//!
//! What it gets to see it returns as effects that remember it, so that tests can look.

mod greedy;
mod nosy;

use campanile_sdk::contract::Entry;
use campanile_sdk::contract::Previous;
use campanile_sdk::prelude::*;

#[derive(Debug, Clone, Copy, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Behaviour {
    Nothing,
    Loop,
    LoopOverHost,
    Memory,
    Panic,
    Recursion,
    Exit,
    Sleep,
    HugeAnswer,
    LargeMessage,
    ManyEffects,
    SameKey,
    InvalidJson,
    UnknownEffect,
    FloodStdout,
    FloodLog,
    Reach,
    Repeat,
    State,
    Data,
    Format,
    BadPattern,
    Refuse,
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Settings {
    behaviour: Behaviour,
    /// The formatter that `format` asks.
    #[schemars(extend("x-campanile" = "message-formatter"))]
    message_formatter: Option<campanile_sdk::PluginChoice>,
}

struct Misbehaving;

impl Reporter for Misbehaving {
    const NAME: &'static str = "misbehaving";
    const SUMMARY: &'static str = "Does what reporters must not do";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        match config.settings.behaviour {
            Behaviour::BadPattern => Ok(vec![Subscription::to("builds//finished", Want::empty())]),
            Behaviour::Refuse => Err(vec![Problem::new("/behaviour", "not this one")]),
            _ => Ok(vec![Subscription::to("builds/*/finished", Want::PROPERTIES | Want::LOGS)]),
        }
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        match config.settings.behaviour {
            Behaviour::Nothing | Behaviour::BadPattern | Behaviour::Refuse => {}
            Behaviour::Loop => greedy::spin(),
            Behaviour::LoopOverHost => greedy::spin_over(host),
            Behaviour::Memory => greedy::hoard(),
            Behaviour::Panic => panic!("on purpose, at event {}", event.seq),
            Behaviour::Recursion => return Ok(vec![remember("depth", greedy::dive(event.seq).to_string())]),
            Behaviour::Exit => std::process::exit(3),
            Behaviour::Sleep => std::thread::sleep(std::time::Duration::from_secs(3_600)),
            Behaviour::HugeAnswer => return Ok(vec![remember("huge", "1".repeat(33 << 20))]),
            Behaviour::LargeMessage => return Ok(vec![greedy::post("large", &"x".repeat(2 << 20))]),
            Behaviour::ManyEffects => return Ok((0..2_100).map(|i| remember(&i.to_string(), "1".into())).collect()),
            Behaviour::SameKey => return Ok(vec![greedy::post("same", "a"), greedy::post("same", "b")]),
            Behaviour::InvalidJson => return Ok(vec![remember("broken", "{\"a\":".into())]),
            Behaviour::UnknownEffect => return Ok(vec![Effect::Other("{\"self-destruct\": true}".into())]),
            Behaviour::FloodStdout => greedy::flood_stdout(),
            Behaviour::FloodLog => greedy::flood_log(host),
            Behaviour::Reach => return Ok(nosy::reach()),
            Behaviour::Repeat => return Ok(nosy::times_and_chances()),
            Behaviour::State => return Ok(nosy::state(host)),
            Behaviour::Data => return Ok(nosy::data(host)),
            Behaviour::Format => return format(config, event, host),
        }
        Ok(Vec::new())
    }
}

fn format(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
    let EventBody::Build(report) = &event.body else { return Ok(Vec::new()) };
    let formatter = config.settings.message_formatter.as_ref().map_or("null", |choice| choice.json());
    let grounds = Grounds { mode: vec!["failing".to_owned()], previous: Previous::Usual };
    let formatted = host.format(formatter, &About::Build(report.build.id), &grounds)?;
    Ok(formatted.map(|formatted| remember("body", serde_json::json!(formatted.body).to_string())).into_iter().collect())
}

fn remember(key: &str, value: String) -> Effect {
    Effect::Remember(Entry { key: key.to_owned(), value: Some(value) })
}

campanile_sdk::export!(Misbehaving);
