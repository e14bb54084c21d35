//! `stop build`: ends the builds of a builder that run.

use campanile_sdk::contract::Control;
use campanile_sdk::contract::StopBuild;

use super::Trouble;
use super::usage;
use crate::acts;
use crate::acts::Act;
use crate::call::Call;
use crate::contact::Speaker;
use crate::data;
use crate::plain::plain;
use crate::wording::Named;

pub(super) const USAGE: &str = "stop build _which_ _reason_ - Stop a build that runs";

pub(super) fn run(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let (name, reason) = match words {
        [build, name, reason @ ..] if build.eq_ignore_ascii_case("build") && !reason.is_empty() => (name, reason),
        _ => return Err(usage("stop build _which_ _reason_")),
    };
    let builder = data::builder(call, name)?;
    let running = data::running(call, builder.id)?;
    if running.is_empty() {
        call.say(who.place(), "Sorry, no build is currently running.");
    }
    let reason = format!("stopped: by {}: {}", who.description(), plain(&reason.join(" ")));
    for build in running {
        let named = Named::found(&build, &builder.name, call.config, call.host);
        let text = acts::short(&named.interrupted(call.settings()));
        let act = Act::Other { place: who.place().to_owned(), build: build.id, text };
        let stop = StopBuild { build_id: build.id, reason: reason.clone() };
        acts::ask(call, &act, Control::Stop(stop));
    }
    Ok(())
}
