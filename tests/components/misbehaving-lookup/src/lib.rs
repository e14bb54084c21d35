//! A lookup of addresses that does, on command, what lookups must not do: `behaviour` says what.

use campanile_sdk::prelude::*;

#[derive(Debug, Clone, Copy, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Behaviour {
    /// Each user's address is one at `example.net`.
    #[default]
    Answer,
    OneTooFew,
    OneTooMany,
    NoAddress,
    TooLong,
    Panic,
    Sleep,
    Retry,
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    behaviour: Behaviour,
}

struct Misbehaving;

impl AddressLookup for Misbehaving {
    const NAME: &'static str = "misbehaving-lookup";
    const SUMMARY: &'static str = "Does what lookups must not do";
    type Settings = Settings;

    fn address(settings: &Settings, user: &str, host: &impl PluginHost) -> Result<Option<String>, Failure> {
        host.log(Level::Info, "looking up", &[("user", user)]);
        match settings.behaviour {
            Behaviour::NoAddress => Ok(Some("no address\r\nBcc: all@example.org".into())),
            Behaviour::TooLong => Ok(Some("a".repeat(2_000))),
            Behaviour::Panic => panic!("nobody lives here"),
            Behaviour::Sleep => {
                std::thread::sleep(std::time::Duration::from_secs(3_600));
                Ok(None)
            }
            Behaviour::Retry => Err(Failure::Retry("the book is being rewritten".into())),
            Behaviour::Answer | Behaviour::OneTooFew | Behaviour::OneTooMany => Ok(Some(format!("{user}@example.net"))),
        }
    }

    fn addresses(
        settings: &Settings,
        users: &[String],
        host: &impl PluginHost,
    ) -> Result<Vec<Option<String>>, Failure> {
        let mut found: Vec<Option<String>> =
            users.iter().map(|user| Self::address(settings, user, host)).collect::<Result<_, _>>()?;
        match settings.behaviour {
            Behaviour::OneTooFew => drop(found.pop()),
            Behaviour::OneTooMany => found.push(None),
            _ => {}
        }
        Ok(found)
    }
}

campanile_sdk::export!(lookup Misbehaving);
