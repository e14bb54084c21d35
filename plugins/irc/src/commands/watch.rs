//! `watch`: the end of the builds of a builder that run now.

use super::Trouble;
use super::usage;
use crate::call::Call;
use crate::contact::Speaker;
use crate::data;
use crate::watches;
use crate::wording::Named;

pub(super) fn run(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let [name] = words else { return Err(usage("watch _builder_")) };
    let builder = data::builder(call, name)?;
    let running = data::running(call, builder.id)?;
    if running.is_empty() {
        call.say(who.place(), "There are no currently running builds.");
    }
    for build in running {
        let text = match watches::add(call, build.id, who.place()) {
            true => Named::found(&build, &builder.name, call.config, call.host).watched(call.settings()),
            false => String::from("I watch as many builds as I can already."),
        };
        call.say(who.place(), text);
    }
    Ok(())
}
