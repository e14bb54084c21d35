//! `shutdown`: stops the CI system, or says whether it will.

use campanile_sdk::contract::Control;
use campanile_sdk::contract::Shutdown;

use super::Trouble;
use super::usage;
use crate::acts;
use crate::acts::Act;
use crate::call::Call;
use crate::contact::Speaker;
use crate::shutdown::is_under_way;

/// What follows the command.
pub(super) const PARTS: &[(&str, &str)] = &[
    ("check", "shutdown check - Say whether the CI system is about to stop"),
    ("start", "shutdown start - Stop when the builds that run are done"),
    ("stop", "shutdown stop - Do not stop after all"),
    ("now", "shutdown now - Stop at once"),
];

pub(super) fn run(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let word = if let [word] = words { word.to_lowercase() } else { String::new() };
    let (how, text) = match (word.as_str(), is_under_way(call)) {
        ("check", is_under_way) => {
            let does = if is_under_way { "shutting down" } else { "running" };
            call.say(who.place(), format!("Status: buildbot is {does}."));
            return Ok(());
        }
        ("start", false) => (Shutdown::Start, "Starting clean shutdown."),
        ("start", true) => return Err(Trouble::Usage(String::from("Shutdown already started."))),
        ("stop", true) => (Shutdown::Cancel, "Stopping clean shutdown."),
        ("stop", false) => return Err(Trouble::Usage(String::from("There is no ongoing shutdown to stop."))),
        ("now", _) => (Shutdown::Now, "Stopping buildbot."),
        _ => return Err(usage("shutdown check|start|stop|now")),
    };
    let act = Act::Other { place: who.place().to_owned(), build: 0, text: String::from(text) };
    acts::ask(call, &act, Control::Shutdown(how));
    Ok(())
}
