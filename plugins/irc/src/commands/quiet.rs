//! `mute` and `unmute`.

use super::Trouble;
use crate::call::Call;
use crate::contact::Speaker;
use crate::plain::plain;

pub(super) fn mute(call: &mut Call<'_>, who: &Speaker, _: &[String]) -> Result<(), Trouble> {
    if !may(call, who, "MUTE") {
        return refuse(call, who);
    }
    call.say(who.place(), "Shutting up for now.");
    call.places.mute(who.standing(&call.config.settings), true).map_err(|_| full())?;
    Ok(())
}

pub(super) fn unmute(call: &mut Call<'_>, who: &Speaker, _: &[String]) -> Result<(), Trouble> {
    if !may(call, who, "UNMUTE") {
        return refuse(call, who);
    }
    let was_muted = call.places.mute(who.standing(&call.config.settings), false).map_err(|_| full())?;
    let text = match was_muted {
        true => "I'm baaaaaaaaaaack!",
        false => "No one had told me to be quiet, but it's the thought that counts, right?",
    };
    call.say(who.place(), text);
    Ok(())
}

/// In a channel, its operators and who is named for just that command decide what is said there; in private everybody.
pub(super) fn may(call: &Call<'_>, who: &Speaker, command: &str) -> bool {
    who.channel.is_none() || who.is_op || call.settings().rules().allow_expressly(command, who)
}

fn refuse(call: &mut Call<'_>, who: &Speaker) -> Result<(), Trouble> {
    let text = format!(
        "Only channel operators or explicitly allowed users can mute me here, {}... Blah, blah, blah...",
        plain(&who.nick)
    );
    call.say(who.place(), text);
    Ok(())
}

/// What is special about more places than there is room for.
pub(super) fn full() -> Trouble {
    Trouble::Usage(String::from(super::full()))
}
