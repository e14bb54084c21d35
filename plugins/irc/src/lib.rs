//! A bot on IRC that tells of builds and takes commands: Buildbot's IRC.
//!
//! What is said to it comes to `contact`, and from there to one of `commands`; what happens to builds and workers becomes
//! `notices` for the places that want them (`places`). What somebody asked for is followed to its end (`watches`, `forced`).
//!
//! Not here: the connection, its channels and its pace; they are the host's.

mod acts;
mod authz;
mod call;
mod colours;
mod commands;
mod contact;
mod data;
mod echoes;
mod entering;
mod forced;
mod notices;
mod occasions;
mod places;
mod plain;
mod presence;
mod settings;
mod shutdown;
mod subscriptions;
#[cfg(test)]
mod tests;
mod watches;
mod wording;
mod workers;

use campanile_sdk::prelude::*;

use crate::call::Call;
use crate::settings::Settings;

/// The reporter.
#[derive(Debug)]
pub struct Irc;

campanile_sdk::export!(Irc);

impl Reporter for Irc {
    const NAME: &'static str = "irc";
    const SUMMARY: &'static str = "A bot on IRC that tells of builds and takes commands (Buildbot's IRC)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        let problems = config.settings.problems();
        if problems.is_empty() { Ok(subscriptions::of(&config.settings)) } else { Err(problems) }
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let mut call = Call::new(config, host, event.at);
        match &event.body {
            EventBody::Build(report) => match report.build.results {
                None => notices::started(&mut call, report),
                Some(results) => notices::finished(&mut call, report, results),
            },
            EventBody::Request(report) => forced::request_ended(&mut call, report),
            EventBody::Worker(report) => workers::changed(&mut call, report, &event.topic),
            EventBody::Chat(message) => contact::said(&mut call, message),
            EventBody::Presence(presence) => presence::changed(&mut call, presence),
            EventBody::Wake(key) => commands::dance::go_on(&mut call, key),
            EventBody::Receipt(receipt) => acts::answered(&mut call, receipt),
            EventBody::Other(_) => shutdown::changed(&mut call, &event.topic),
            EventBody::Buildset(_) | EventBody::Step(_) | EventBody::Change(_) => {}
        }
        Ok(call.into_effects())
    }
}
