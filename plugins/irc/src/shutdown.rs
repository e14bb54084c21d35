//! Whether the CI system is about to stop, as far as anybody asked for it.

use crate::call::Call;

/// What is kept while it is.
const KEY: &str = "shutdown";

pub(crate) fn is_under_way(call: &Call<'_>) -> bool {
    call.host.recall(KEY).is_some()
}

/// Somebody asked for it, or thought better of it; or a master came or went, and it is over.
pub(crate) fn changed(call: &mut Call<'_>, topic: &str) {
    if topic == "control/shutdown/start" {
        call.remember(KEY, &true);
    } else if is_under_way(call) {
        call.forget(KEY);
    }
}
