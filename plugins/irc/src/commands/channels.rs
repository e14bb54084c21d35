//! `join` and `leave`.

use campanile_sdk::contract::IrcVerb;

use super::Trouble;
use super::quiet::full;
use super::usage;
use crate::call::Call;
use crate::contact::Speaker;
use crate::entering;
use crate::places::is_channel;
use crate::plain::repeated;

pub(super) fn join(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let (channel, key) = match words {
        [channel] => (channel, ""),
        [channel, key] if is_key(key) => (channel, key.as_str()),
        _ => return Err(usage("join _channel_")),
    };
    let channel = checked(channel)?;
    match entering::ask(call, (&channel, key), who.place()) {
        true => Ok(()),
        false => Err(full()),
    }
}

pub(super) fn leave(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let channel = match (words, &who.channel) {
        ([channel], _) => channel,
        ([], Some(channel)) => channel,
        _ => return Err(usage("leave _channel_")),
    };
    let channel = checked(channel)?;
    call.places.leave(&channel, &call.config.settings).map_err(|_| full())?;
    call.walk(IrcVerb::Leave, &channel, "");
    Ok(())
}

fn checked(channel: &str) -> Result<String, Trouble> {
    match is_channel(channel) {
        true => Ok(channel.to_ascii_lowercase()),
        false => Err(Trouble::Usage(format!("'{}' is no channel.", repeated(channel)))),
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && !key.starts_with(':') && key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}
