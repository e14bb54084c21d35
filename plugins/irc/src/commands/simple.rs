//! Commands that are an answer and no more.

use super::Trouble;
use super::greetings::GREETINGS;
use crate::call::Call;
use crate::contact::Speaker;
use crate::plain::plain;

pub(super) fn hello(call: &mut Call<'_>, who: &Speaker, _: &[String]) -> Result<(), Trouble> {
    // The same call has the same answer: time and name stand for the die.
    let sum = who.nick.bytes().fold(call.now, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let at = usize::try_from(sum % GREETINGS.len() as u64).unwrap_or_default();
    call.say(who.place(), GREETINGS[at]);
    Ok(())
}

pub(super) fn version(call: &mut Call<'_>, who: &Speaker, _: &[String]) -> Result<(), Trouble> {
    call.say(who.place(), format!("This is campanile-{} at your service", env!("CARGO_PKG_VERSION")));
    Ok(())
}

pub(super) fn source(call: &mut Call<'_>, who: &Speaker, _: &[String]) -> Result<(), Trouble> {
    let text = format!("I am the bot of {}, which is at {}", plain(&call.config.title), call.config.url);
    call.say(who.place(), text);
    Ok(())
}

pub(super) fn destroy(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let is_me = |word: &String| word.eq_ignore_ascii_case(&who.me);
    match words.iter().any(is_me) {
        true => call.say(who.place(), format!("Better destroy yourself, {}!", plain(&who.nick))),
        false => call.act(who.place(), "readies phasers"),
    }
    Ok(())
}

pub(super) fn hustle(call: &mut Call<'_>, who: &Speaker, _: &[String]) -> Result<(), Trouble> {
    call.act(who.place(), "does the hustle");
    Ok(())
}
