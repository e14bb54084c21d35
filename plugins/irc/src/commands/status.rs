//! `status`: what builders do.

use campanile_sdk::prelude::*;

use super::Trouble;
use super::last;
use super::listed;
use super::listed::Asked;
use super::usage;
use crate::call::Call;
use crate::colours::coloured;
use crate::contact::Speaker;
use crate::data;
use crate::data::Build;
use crate::data::Builder;
use crate::plain::clipped;
use crate::plain::plain;
use crate::wording::Named;

pub(super) fn run(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let which = match words {
        [] => None,
        [which] => Some(which.as_str()),
        _ => return Err(usage("status _builder_")),
    };
    let asked = listed::asked(call, which)?;
    let mut lines = Vec::new();
    for builder in &asked.builders {
        lines.push(line(call, &asked, builder)?);
    }
    let text = match lines.is_empty() {
        true => String::from("No builder is online: ask for 'status all'."),
        false => asked.text(lines, call),
    };
    call.say(who.place(), text);
    Ok(())
}

fn line(call: &Call<'_>, asked: &Asked, builder: &Builder) -> Result<String, Trouble> {
    let name = plain(&builder.name);
    let running = data::running(call, builder.id)?;
    if !running.is_empty() {
        return Ok(format!("`{name}`: running: {}", all_running(call, builder, &running)?));
    }
    let state = if asked.online.contains(&builder.id) { "idle" } else { "offline" };
    let last = match data::last(call, builder.id)? {
        None => String::new(),
        Some(build) => {
            let how = if asked.is_one { in_full(call, &build) } else { in_short(call, &build) };
            format!("  last build {}{how}", last::ago(call, &build))
        }
    };
    Ok(format!("`{name}`: {state}{last}"))
}

fn all_running(call: &Call<'_>, builder: &Builder, running: &[Build]) -> Result<String, Trouble> {
    let mut told = Vec::new();
    for build in running {
        let step = data::current_step(call, build.id)?;
        let step = step.map(|step| clipped(&step, 200));
        told.push(Named::found(build, &builder.name, call.config, call.host).running(step.as_deref()));
    }
    Ok(told.join(", "))
}

fn in_full(call: &Call<'_>, build: &Build) -> String {
    format!(", {}{}", last::described(call, build), last::outcome(build))
}

fn in_short(call: &Call<'_>, build: &Build) -> String {
    match build.results.and_then(Results::from_code) {
        Some(results) => format!(", {}", coloured(results.title(), results, call.settings().use_colors)),
        None => String::new(),
    }
}
