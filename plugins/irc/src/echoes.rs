//! What would go on for ever: two bots that answer each other's mistakes.

use std::collections::BTreeMap;

use crate::call::Call;
use crate::places::key;

/// The same mistake of the same nick is answered once in so many seconds.
const ONCE_IN: u64 = 60;
/// Nicks that are kept for that at most; while there are more, no mistake is answered.
const MOST_NICKS: usize = 200;
/// What they are kept under.
const KEY: &str = "mistaken";

/// How our own answers begin that are no commands.
const OURS: [&str; 17] = [
    "I don't get this",
    "Buildbot commands:",
    "Say what?",
    "What you say!",
    "Try '",
    "No closing quotation",
    "Thou shall not pass",
    "There is no",
    "There are no",
    "No usage info",
    "No builder is online",
    "no such builder",
    "you must provide a Builder",
    "Usage: ",
    "Sorry, ",
    "I can't",
    "Something bad happened",
];

/// A mistake, by what is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mistake {
    Unknown,
    Exclaimed,
    Empty,
}

/// Whether it is what a bot such as we are answers.
pub(crate) fn is_ours(text: &str) -> bool {
    OURS.iter().any(|beginning| text.starts_with(beginning))
}

/// Whether this mistake of this nick is to be answered now.
pub(crate) fn is_answered(call: &mut Call<'_>, nick: &str, mistake: Mistake) -> bool {
    let mut answered: BTreeMap<String, u64> = call.recall(KEY).unwrap_or_default();
    let now = call.now;
    answered.retain(|_, at| *at + ONCE_IN > now);
    let name = format!("{} {mistake:?}", key(nick));
    if answered.contains_key(&name) || answered.len() >= MOST_NICKS {
        return false;
    }
    answered.insert(name, now);
    call.remember(KEY, &answered);
    true
}
