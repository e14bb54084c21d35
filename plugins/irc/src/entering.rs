//! Channels that somebody asked the bot to enter: kept as places once the server has let it in.

use campanile_sdk::contract::IrcVerb;
use campanile_sdk::contract::Outcome;

use crate::acts;
use crate::call::Call;
use crate::commands::full;
use crate::places::key;

/// Channels that are asked for and not yet entered, at most.
const MOST_ASKED: usize = 50;

/// Asks the server to let us in; says whether there is room for that. What opens the channel is kept meanwhile: the
/// question is seen where deliveries are listed, and shall not say it.
pub(crate) fn ask(call: &mut Call<'_>, (channel, opens): (&str, &str), place: &str) -> bool {
    if call.host.recall_keys("entering/").len() >= MOST_ASKED {
        return false;
    }
    call.remember(kept_under(channel), &opens);
    call.enter(acts::entering(place, channel), channel, opens);
    true
}

/// The server let us in, or not. Where it did not, the host need not try any further.
pub(crate) fn ended(call: &mut Call<'_>, channel: &str, place: &str, outcome: Outcome) {
    let opens = call.recall::<String>(&kept_under(channel)).unwrap_or_default();
    call.forget(kept_under(channel));
    if outcome != Outcome::Done {
        if !call.places.is_meant_to_be_in(channel, call.settings()) {
            call.walk(IrcVerb::Leave, channel, "");
        }
    } else if call.places.enter((channel, &opens), &call.config.settings).is_err() {
        call.walk(IrcVerb::Leave, channel, "");
        call.say(place, full());
    }
}

fn kept_under(channel: &str) -> String {
    format!("entering/{}", key(channel))
}
