//! `list`: builders, workers, changes.

use campanile_sdk::clock_text;

use super::Trouble;
use super::brief;
use super::brief::Brief;
use super::usage;
use crate::call::Call;
use crate::contact::Speaker;
use crate::data;
use crate::data::Change;
use crate::plain::clipped;
use crate::plain::plain;

/// Changes that are listed where no number is given.
const USUAL_CHANGES: usize = 10;
/// Changes that are counted at most; an answer holds fewer.
const MOST_CHANGES: usize = 100;

const USAGE: &str = "list [all|N] builders|workers|changes";

/// How many.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    Usual,
    All,
    Just(usize),
}

pub(super) fn run(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let (count, noun) = match words {
        [noun] => (Count::Usual, noun),
        [count, noun] if count.eq_ignore_ascii_case("all") => (Count::All, noun),
        [count, noun] => (Count::Just(count.parse().map_err(|_| usage(USAGE))?), noun),
        _ => return Err(usage(USAGE)),
    };
    let text = match noun.to_lowercase().as_str() {
        "builders" => builders(call, count)?,
        // What workers were once called.
        "workers" | "slaves" => workers(call, count)?,
        "changes" => changes(call, count)?,
        _ => return Err(usage(USAGE)),
    };
    call.say(who.place(), text);
    Ok(())
}

fn builders(call: &Call<'_>, count: Count) -> Result<String, Trouble> {
    let online = data::online(call)?;
    let told = data::builders(call)?.into_iter().filter_map(|builder| match online.contains(&builder.id) {
        true => Some(plain(&builder.name)),
        false => (count == Count::All).then(|| format!("{} [offline]", plain(&builder.name))),
    });
    Ok(named("I found the following builders:", told, count, call))
}

fn workers(call: &Call<'_>, count: Count) -> Result<String, Trouble> {
    let told = data::workers(call)?.into_iter().filter_map(|worker| {
        let name = plain(&worker.name);
        match (worker.configured_on.is_empty(), worker.connected_to.is_empty()) {
            (false, false) => Some(name),
            (false, true) => Some(format!("{name} [disconnected]")),
            (true, _) => (count == Count::All).then(|| format!("{name} [offline]")),
        }
    });
    Ok(named("I found the following workers:", told, count, call))
}

fn named(heading: &str, told: impl Iterator<Item = String>, count: Count, call: &Call<'_>) -> String {
    let most = if let Count::Just(most) = count { most } else { usize::MAX };
    brief::names(heading, told.take(most), &format!("see {}", call.config.url))
}

fn changes(call: &Call<'_>, count: Count) -> Result<String, Trouble> {
    let wanted = match count {
        Count::Usual => USUAL_CHANGES,
        Count::All => MOST_CHANGES,
        Count::Just(count) => count.clamp(1, MOST_CHANGES),
    };
    let mut lines = Vec::new();
    if count == Count::All {
        lines.push(String::from("Warning: all changes would be too many to list here,"));
        lines.push(String::from("so these are the newest;"));
        lines.push(format!("the others are at {}.", call.config.url));
    }
    lines.push(String::from("I found the following recent changes:"));
    let mut answer = Brief::headed(lines);
    for change in data::changes(call, wanted)? {
        answer.add(lines_of(&change));
    }
    Ok(answer.text(&format!("see {}", call.config.url)))
}

fn lines_of(change: &Change) -> [String; 6] {
    let short = |text: &str| clipped(&plain(text), 200);
    let first_line = change.comments.trim_start().lines().next().unwrap_or_default();
    // To the minute: `2026-11-20 14:05`.
    let date = clock_text(change.when_timestamp).chars().take(16).collect::<String>();
    [
        short(first_line),
        format!("Author: {}", short(&change.author)),
        format!("Date: {date}"),
        format!("Repository: {}", short(&change.repository)),
        format!("Branch: {}", short(change.branch.as_deref().unwrap_or("None"))),
        format!("Revision: {}", short(change.revision.as_deref().unwrap_or("None"))),
    ]
}
