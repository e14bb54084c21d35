//! Review callbacks that do, on command, what callbacks must not do: `behaviour` says what.

use campanile_sdk::prelude::*;

#[derive(Debug, Clone, Copy, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Behaviour {
    /// Says what it is told, and votes.
    #[default]
    Answer,
    Default,
    Nothing,
    ByResults,
    NoLabels,
    Panic,
    Sleep,
    Retry,
    GiveUp,
    TooLong,
    OddLabel,
    ManyLabels,
    TwiceALabel,
    HugeVote,
    /// Words that would do something else on a careless far side.
    Hostile,
    Empty,
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    behaviour: Behaviour,
}

struct Misbehaving;

impl Misbehaving {
    fn answer(settings: &Settings, what: &str, context: &Context) -> Result<Answer, Failure> {
        let said = Answer::message(format!("{what} {} with {}", context.results_name, context.arg));
        Ok(match settings.behaviour {
            Behaviour::Answer => said.vote("Verified", 1),
            Behaviour::Default => Answer::Default,
            Behaviour::Nothing => Answer::Nothing,
            Behaviour::ByResults => said.vote_by_results(),
            Behaviour::NoLabels => said,
            Behaviour::Panic => panic!("nobody reviews here"),
            Behaviour::Sleep => {
                std::thread::sleep(std::time::Duration::from_secs(3_600));
                said
            }
            Behaviour::Retry => return Err(Failure::Retry("the reviewer is at lunch".into())),
            Behaviour::GiveUp => return Err(Failure::GiveUp("the reviewer has left".into())),
            Behaviour::TooLong => Answer::message("x".repeat(16_385)).vote("Verified", 1),
            Behaviour::OddLabel => said.vote("Verified=1 --abandon", 1),
            Behaviour::ManyLabels => (0..300).fold(said, |said, i| said.vote(format!("L{i}"), 1)),
            Behaviour::TwiceALabel => said.vote("Verified", 1).vote("Verified", -1),
            Behaviour::HugeVote => said.vote("Verified", 1_000_000),
            Behaviour::Hostile => {
                Answer::message("--abandon=x '; touch /tmp/x; `id` $(id) \"\\\n-1").vote("Verified", -1)
            }
            Behaviour::Empty => Answer::message(" \n"),
        })
    }
}

impl ReviewCallbacks for Misbehaving {
    const NAME: &'static str = "misbehaving-callbacks";
    const SUMMARY: &'static str = "Does what callbacks must not do";
    type Settings = Settings;

    fn start(settings: &Settings, context: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        Self::answer(settings, &format!("start of {}", context.builder_name), context)
    }

    fn review(settings: &Settings, context: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        let url = &context.build_url;
        Self::answer(settings, &format!("end of {} at {url}", context.builder_name), context)
    }

    fn summary(settings: &Settings, context: &Context, _: &impl PluginHost) -> Result<Answer, Failure> {
        let builds: Vec<String> =
            context.build_info_list.iter().map(|build| format!("{} {}", build.name, build.result_text)).collect();
        Self::answer(settings, &format!("summary of {}", builds.join(", ")), context)
    }
}

campanile_sdk::export!(callbacks Misbehaving);
