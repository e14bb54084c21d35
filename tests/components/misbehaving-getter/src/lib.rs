//! A getter of previous builds that does, on command, what getters must not do: `behaviour` says what.

use campanile_sdk::prelude::*;

#[derive(Debug, Clone, Copy, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Behaviour {
    #[default]
    None,
    Itself,
    Nowhere,
    Panic,
    Retry,
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    behaviour: Behaviour,
}

struct Misbehaving;

impl PreviousBuild for Misbehaving {
    const NAME: &'static str = "misbehaving-getter";
    const SUMMARY: &'static str = "Does what getters must not do";
    type Settings = Settings;

    fn previous_build(settings: &Settings, report: &BuildReport, _: &impl PluginHost) -> Result<Option<Id>, Failure> {
        match settings.behaviour {
            Behaviour::None => Ok(None),
            Behaviour::Itself => Ok(Some(report.build.id)),
            Behaviour::Nowhere => Ok(Some(u64::MAX)),
            Behaviour::Panic => panic!("before the beginning"),
            Behaviour::Retry => Err(Failure::Retry("later".into())),
        }
    }
}

campanile_sdk::export!(getter Misbehaving);
