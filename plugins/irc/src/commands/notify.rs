//! `notify`: what a place is told of.

use std::collections::BTreeSet;

use super::Trouble;
use super::quiet;
use super::usage;
use crate::call::Call;
use crate::contact::Speaker;
use crate::occasions::Occasion;
use crate::plain::plain;

const USAGE: &str = "notify on|off|list [_EVENT_]";

pub(super) fn run(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let Some((verb, names)) = words.split_first() else { return Err(usage(USAGE)) };
    let verb = verb.to_lowercase();
    let (verb, is_quiet) = match verb.strip_suffix("-quiet") {
        Some(verb) => (verb, true),
        None => (verb.as_str(), false),
    };
    match verb {
        "list" if !is_quiet => {}
        "on" | "off" if !quiet::may(call, who, "NOTIFY") => {
            let text = "Only channel operators can change notified events for this channel. And you,";
            call.say(who.place(), format!("{text} {}, are neither!", plain(&who.nick)));
            return Ok(());
        }
        "on" => on(call, who, names)?,
        "off" => off(call, who, names)?,
        _ => return Err(usage(USAGE)),
    }
    if !is_quiet {
        let text = told(&call.places.events(who.place(), call.settings()));
        call.say(who.place(), text);
    }
    Ok(())
}

fn on(call: &mut Call<'_>, who: &Speaker, names: &[String]) -> Result<(), Trouble> {
    let events = if names.is_empty() { Occasion::usual() } else { parsed("on", names)? };
    call.places.switch_on(who.standing(&call.config.settings), &events).map_err(|_| quiet::full())
}

/// Without names: all.
fn off(call: &mut Call<'_>, who: &Speaker, names: &[String]) -> Result<(), Trouble> {
    let known = call.places.events(who.place(), call.settings());
    let events: BTreeSet<Occasion> = match names {
        [] => known,
        names => {
            let named: BTreeSet<Occasion> = parsed("off", names)?.into_iter().collect();
            let others: Vec<&str> = named.difference(&known).map(Occasion::name).collect();
            if !others.is_empty() {
                call.say(who.place(), format!("I was not notifying you of {} anyway.", others.join(", ")));
            }
            named
        }
    };
    call.places
        .switch_off(who.standing(&call.config.settings), &events, &call.config.settings)
        .map_err(|_| quiet::full())
}

fn parsed(verb: &str, names: &[String]) -> Result<Vec<Occasion>, Trouble> {
    let wrong = || usage(&format!("notify {verb} _EVENT_"));
    let words = names.iter().flat_map(|name| name.split(',')).filter(|name| !name.is_empty());
    words.map(|name| Occasion::parse(name).ok_or_else(wrong)).collect()
}

fn told(events: &BTreeSet<Occasion>) -> String {
    let names: Vec<&str> = events.iter().map(Occasion::name).collect();
    match names.is_empty() {
        true => String::from("No events are being notified."),
        false => format!("The following events are being notified: {}.", names.join(", ")),
    }
}
