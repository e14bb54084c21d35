//! `last`: how the last build of a builder ended.

use campanile_sdk::fuzzy_text;
use campanile_sdk::prelude::*;

use super::Trouble;
use super::listed;
use super::usage;
use crate::call::Call;
use crate::colours::coloured;
use crate::contact::Speaker;
use crate::data;
use crate::data::Build;
use crate::data::Builder;
use crate::plain::clipped;
use crate::plain::plain;
use crate::wording::description;

pub(super) fn run(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let which = match words {
        [] => None,
        [which] => Some(which.as_str()),
        _ => return Err(usage("last _builder_")),
    };
    let asked = listed::asked(call, which)?;
    let mut lines = Vec::new();
    for builder in &asked.builders {
        lines.push(line(call, builder)?);
    }
    let text = match lines.is_empty() {
        true => String::from("No builder is online: ask for 'last all'."),
        false => asked.text(lines, call),
    };
    call.say(who.place(), text);
    Ok(())
}

fn line(call: &Call<'_>, builder: &Builder) -> Result<String, Trouble> {
    let name = plain(&builder.name);
    let Some(build) = data::last(call, builder.id)? else {
        return Ok(format!("`{name}`: no builds run since last restart"));
    };
    let (described, outcome) = (described(call, &build), outcome(&build));
    let ago = ago(call, &build);
    Ok(format!("`{name}`: last build {described} ({ago}){outcome}"))
}

/// How it ended, in its colour.
pub(super) fn described(call: &Call<'_>, build: &Build) -> String {
    match build.results.and_then(Results::from_code) {
        Some(results) => coloured(description(results), results, call.settings().use_colors),
        None => String::from("not finished"),
    }
}

/// How long ago it ended.
pub(super) fn ago(call: &Call<'_>, build: &Build) -> String {
    let seconds = call.now.saturating_sub(build.complete_at.unwrap_or(call.now));
    format!("{} ago", fuzzy_text(seconds))
}

/// `: failed compile`, where it did not succeed.
pub(super) fn outcome(build: &Build) -> String {
    let outcome = clipped(&plain(&build.state_string), 300);
    let succeeded = build.results.and_then(Results::from_code) == Some(Results::Success);
    if succeeded || outcome.is_empty() { String::new() } else { format!(": {outcome}") }
}
