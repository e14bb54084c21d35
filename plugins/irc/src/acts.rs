//! What the CI system was asked to do, and what is said when it answered.
//!
//! The question travels in the key of the request, and comes back in the key of its receipt.

use campanile_sdk::contract::Control;
use campanile_sdk::contract::Id;
use campanile_sdk::contract::Outcome;
use campanile_sdk::contract::Receipt;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;

use crate::call::Call;
use crate::entering;
use crate::forced;
use crate::forced::Forced;
use crate::plain::clipped;
use crate::plain::repeated;

/// A key has 1,024 bytes at most, and a quote takes two of them.
const MOST_TEXT_BYTES: usize = 400;

/// What was asked for, and where the answer goes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Act {
    /// A build.
    Force {
        /// Who is told.
        place: String,
        /// The builder's name.
        builder: String,
    },
    /// To be let into a channel.
    Join {
        /// Who is told.
        place: String,
        /// Which.
        channel: String,
    },
    /// A notice to somebody whom nothing in the settings names.
    Told {
        /// To whom.
        place: String,
        /// Which line of the call, so that two differ.
        line: usize,
    },
    /// Anything else, with what is said when it is done.
    Other {
        /// Who is told.
        place: String,
        /// Of which build, so that two questions differ.
        build: Id,
        /// What is said.
        text: String,
    },
}

/// What `addBuildset` answers.
#[derive(Deserialize)]
struct Added {
    brids: BTreeMap<String, Id>,
}

/// The key of a notice to a stranger.
pub(crate) fn told(place: &str, line: usize) -> String {
    serde_json::to_string(&Act::Told { place: place.to_owned(), line }).unwrap_or_default()
}

/// The key of the wish to enter a channel.
pub(crate) fn entering(place: &str, channel: &str) -> String {
    serde_json::to_string(&Act::Join { place: place.to_owned(), channel: channel.to_owned() }).unwrap_or_default()
}

/// Asks for it.
pub(crate) fn ask(call: &mut Call<'_>, act: &Act, control: Control) {
    let key = serde_json::to_string(act).unwrap_or_default();
    call.ask(key, control);
}

/// A text as long as a key allows.
pub(crate) fn short(text: &str) -> String {
    let fitting = text.char_indices().take_while(|(at, char)| at + char.len_utf8() <= MOST_TEXT_BYTES).count();
    clipped(text, fitting)
}

/// The CI system answered.
pub(crate) fn answered(call: &mut Call<'_>, receipt: &Receipt) {
    let Ok(act) = serde_json::from_str::<Act>(&receipt.key) else { return };
    if let Act::Told { place, .. } = &act {
        if receipt.outcome == Outcome::Refused {
            call.places.forget_stranger(place);
        }
        return;
    }
    if let Act::Join { place, channel } = &act {
        entering::ended(call, channel, place, receipt.outcome);
    }
    let (Act::Told { place, .. } | Act::Join { place, .. } | Act::Force { place, .. } | Act::Other { place, .. }) =
        &act;
    if receipt.outcome != Outcome::Done {
        let text = format!("I can't: {}", repeated(&receipt.answer));
        return call.say(&place.clone(), text);
    }
    match act {
        Act::Told { .. } | Act::Join { .. } => {}
        Act::Other { place, text, .. } => call.say(&place, text),
        Act::Force { place, builder } => {
            call.say(&place, "Force build successfully requested.");
            let added = serde_json::from_str::<Added>(&receipt.answer);
            for request in added.map(|added| added.brids).unwrap_or_default().into_values() {
                let forced = Forced { place: place.clone(), builder: builder.clone(), began: false };
                forced::follow(call, request, forced);
            }
        }
    }
}
