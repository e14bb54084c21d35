//! The bot came or went.

use campanile_sdk::contract::ChatPresence;
use campanile_sdk::contract::IrcVerb;
use campanile_sdk::contract::PresenceChange;

use crate::call::Call;

/// The host enters the channels of the configuration, but for those that were left since it started, and those that it was thrown
/// out of; the others we enter.
pub(crate) fn changed(call: &mut Call<'_>, presence: &ChatPresence) {
    match &presence.change {
        PresenceChange::Connected => {
            for (channel, opens) in call.places.entered() {
                call.walk(IrcVerb::Join, &channel, &opens);
            }
        }
        PresenceChange::Joined(channel) => call.places.joined(channel),
        PresenceChange::Removed(_) => {}
    }
}
