//! A formatter that does, on command, what formatters must not do: `behaviour` says what.

use campanile_sdk::prelude::*;

#[derive(Debug, Clone, Copy, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Behaviour {
    #[default]
    Format,
    Nothing,
    Panic,
    Loop,
    Sleep,
    InvalidJson,
    Retry,
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    behaviour: Behaviour,
}

struct Misbehaving;

impl MessageFormatter for Misbehaving {
    const NAME: &'static str = "misbehaving-formatter";
    const SUMMARY: &'static str = "Does what formatters must not do";
    type Settings = Settings;

    fn format(settings: &Settings, _context: &Context, host: &impl PluginHost) -> Result<Option<Formatted>, Failure> {
        host.log(Level::Debug, "formatting", &[]);
        match settings.behaviour {
            Behaviour::Format => Ok(Some(formatted("all is well", BodyKind::Plain))),
            Behaviour::Nothing => Ok(None),
            Behaviour::Panic => panic!("no words"),
            Behaviour::Loop => loop {
                std::hint::black_box(());
            },
            Behaviour::Sleep => {
                std::thread::sleep(std::time::Duration::from_secs(3_600));
                Ok(None)
            }
            Behaviour::InvalidJson => Ok(Some(formatted("{", BodyKind::Json))),
            Behaviour::Retry => Err(Failure::Retry("later".into())),
        }
    }
}

fn formatted(body: &str, kind: BodyKind) -> Formatted {
    Formatted { body: body.to_owned(), kind, subject: None, extra: None }
}

campanile_sdk::export!(formatter Misbehaving);
