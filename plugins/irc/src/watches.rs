//! Builds that somebody watches: kept until the build has ended, also over a restart.

use campanile_sdk::contract::Id;
use serde::Deserialize;
use serde::Serialize;

use crate::call::Call;
use crate::places::key;

/// Builds that are watched at most.
const MOST_WATCHED: usize = 1_000;
/// Places that watch one build at most.
const MOST_WATCHING: usize = 50;

/// Where the end of a build is told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Watch {
    pub(crate) places: Vec<String>,
}

/// Tells this place when the build has ended; says whether there is room for that.
pub(crate) fn add(call: &mut Call<'_>, build: Id, place: &str) -> bool {
    let name = kept_under(build);
    let known = call.recall::<Watch>(&name);
    if known.is_none() && call.host.recall_keys("watch/").len() >= MOST_WATCHED {
        return false;
    }
    let mut watch = known.unwrap_or_default();
    if watch.places.iter().any(|known| key(known) == key(place)) {
        return true;
    }
    if watch.places.len() >= MOST_WATCHING {
        return false;
    }
    watch.places.push(place.to_owned());
    call.remember(name, &watch);
    true
}

/// Whether this place is told of the end of the build.
pub(crate) fn is_watched(call: &Call<'_>, build: Id, place: &str) -> bool {
    let watch = call.recall::<Watch>(&kept_under(build)).unwrap_or_default();
    watch.places.iter().any(|known| key(known) == key(place))
}

/// The build has ended: who is told. They are forgotten.
pub(crate) fn take(call: &mut Call<'_>, build: Id) -> Vec<String> {
    match call.recall::<Watch>(&kept_under(build)) {
        None => Vec::new(),
        Some(watch) => {
            call.forget(kept_under(build));
            watch.places
        }
    }
}

fn kept_under(build: Id) -> String {
    format!("watch/{build}")
}
