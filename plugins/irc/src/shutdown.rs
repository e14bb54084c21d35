//! Whether the CI system is about to stop, as far as anybody asked for it.

use std::collections::BTreeSet;

use campanile_sdk::contract::Id;

use crate::call::Call;
use crate::data;

/// What is kept while it is: the masters that have not stopped yet.
const KEY: &str = "shutdown";

pub(crate) fn is_under_way(call: &Call<'_>) -> bool {
    call.host.recall(KEY).is_some()
}

/// Somebody asked for it, or thought better of it; or a master came or went.
pub(crate) fn changed(call: &mut Call<'_>, topic: &str) {
    let words: Vec<&str> = topic.split('/').collect();
    match words[..] {
        ["control", "shutdown", "start"] => {
            let masters = data::active_masters(call).unwrap_or_default();
            call.remember(KEY, &masters);
        }
        ["masters", id, _] => master_changed(call, id.parse().unwrap_or_default()),
        _ if is_under_way(call) => call.forget(KEY),
        _ => {}
    }
}

/// It is over when each master that was asked has stopped, or is there anew. Where none was known, the first ends it.
fn master_changed(call: &mut Call<'_>, master: Id) {
    let Some(mut masters) = call.recall::<BTreeSet<Id>>(KEY) else { return };
    let was_asked = masters.remove(&master);
    if masters.is_empty() {
        call.forget(KEY);
    } else if was_asked {
        call.remember(KEY, &masters);
    }
}
