//! Builds that somebody asked for: who asked is told when they start and how they end.
//!
//! A request leads to several builds where one is tried again, and is kept until it is complete.

use campanile_sdk::contract::BuildReport;
use campanile_sdk::contract::Id;
use campanile_sdk::contract::RequestReport;
use campanile_sdk::prelude::*;
use serde::Deserialize;
use serde::Serialize;

use crate::call::Call;
use crate::data;
use crate::plain::plain;
use crate::watches;
use crate::wording::Hearer;
use crate::wording::Named;
use crate::wording::description;
use crate::wording::finished;

/// Requests that are followed at most.
const MOST_FOLLOWED: usize = 1_000;

/// A request that somebody made here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Forced {
    /// Who is told.
    pub(crate) place: String,
    /// The builder's name.
    pub(crate) builder: String,
    /// Whether a build has begun.
    #[serde(default)]
    pub(crate) began: bool,
}

/// A request was made: it is followed from now on. What its builds did before this call is told at once.
pub(crate) fn follow(call: &mut Call<'_>, request: Id, mut forced: Forced) {
    if call.host.recall_keys("forced/").len() >= MOST_FOLLOWED {
        return;
    }
    for build in data::of_request(call, request).unwrap_or_default() {
        forced.began = true;
        let named = Named::found(&build, &forced.builder, call.config, call.host);
        let text = named.started(call.settings());
        call.say(&forced.place, text);
        match build.results.and_then(Results::from_code) {
            None => _ = watches::add(call, build.id, &forced.place),
            Some(results) => {
                if let Ok(report) = call.host.build(build.id, Want::empty()) {
                    let text = finished(&report, results, Hearer::Watching, call.config);
                    call.say(&forced.place, text);
                }
            }
        }
    }
    call.remember(kept_under(request), &forced);
}

/// A build begins: who asked for it, if somebody did and does not know yet.
pub(crate) fn begun(call: &mut Call<'_>, report: &BuildReport) -> Option<String> {
    let name = kept_under(report.request.id);
    let forced = call.recall::<Forced>(&name)?;
    if watches::is_watched(call, report.build.id, &forced.place) {
        return None;
    }
    if !forced.began {
        call.remember(name, &Forced { began: true, ..forced.clone() });
    }
    watches::add(call, report.build.id, &forced.place);
    Some(forced.place)
}

/// A request is complete. One that no build answered has ended all the same.
pub(crate) fn request_ended(call: &mut Call<'_>, report: &RequestReport) {
    let name = kept_under(report.request.id);
    let Some(forced) = call.recall::<Forced>(&name) else { return };
    call.forget(name);
    if !forced.began {
        let ended = description(report.request.results.unwrap_or(Results::Cancelled));
        call.say(&forced.place, format!("The build of `{}` that was requested {ended}.", plain(&forced.builder)));
    }
}

fn kept_under(request: Id) -> String {
    format!("forced/{request}")
}
