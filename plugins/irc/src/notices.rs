//! That builds start and end, told to the places that want to know.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use campanile_sdk::contract::BuildReport;
use campanile_sdk::contract::Id;
use campanile_sdk::contract::Timestamp;
use campanile_sdk::prelude::*;

use crate::call::Call;
use crate::forced;
use crate::occasions::has;
use crate::occasions::tells_end;
use crate::places::key;
use crate::watches;
use crate::wording::Hearer;
use crate::wording::Named;
use crate::wording::finished as finished_text;

/// A build that was told of is not told of again for so many seconds.
const ONCE_IN: u64 = 60;
/// What the ends that were told are kept under.
const TOLD: &str = "told";
/// What is kept of them at most, in bytes of names: a value has 256 KiB at most.
const MOST_TOLD_BYTES: usize = 100 * 1024;

/// The end of a build, where it was told: builder, number, when, and the places.
type Told = (Id, u32, Timestamp, Vec<String>);

/// The names of those who asked, by their keys.
type Spellings = BTreeMap<String, String>;

/// A build has started.
pub(crate) fn started(call: &mut Call<'_>, report: &BuildReport) {
    let (mut places, mut spellings) = (BTreeSet::new(), Spellings::new());
    if call.settings().tells_of(&report.builder.tags) {
        let all = call.places.told_of(call.settings());
        places.extend(all.into_iter().filter(|(_, events)| has(events, "started")).map(|(place, _)| place));
    }
    if let Some(place) = forced::begun(call, report) {
        places.insert(key(&place));
        spellings.insert(key(&place), place.to_ascii_lowercase());
    }
    if places.is_empty() {
        return;
    }
    let text = Named::report(report, call.config).started(call.settings());
    for place in &places {
        call.tell(spellings.get(place).unwrap_or(place), text.clone());
    }
}

/// A build has ended.
pub(crate) fn finished(call: &mut Call<'_>, report: &BuildReport, results: Results) {
    let watching = watches::take(call, report.build.id);
    let spellings: Spellings = watching.iter().map(|place| (key(place), place.to_ascii_lowercase())).collect();
    let watching: BTreeSet<String> = spellings.keys().cloned().collect();
    let mut places = told_of(call, report, results);
    places.retain(|place| !watching.contains(place));
    if places.is_empty() && watching.is_empty() {
        return;
    }
    let fresh = not_told_yet(call, report, places.union(&watching).cloned().collect());
    for (hearer, places) in [(Hearer::Notified, places), (Hearer::Watching, watching)] {
        if places.is_empty() {
            continue;
        }
        let text = finished_text(report, results, hearer, call.config);
        for place in places.intersection(&fresh) {
            call.tell(spellings.get(place).unwrap_or(place), text.clone());
        }
    }
}

/// The places that want to know. A test that never was a build is for all of them.
fn told_of(call: &Call<'_>, report: &BuildReport, results: Results) -> BTreeSet<String> {
    let is_trial = report.build.id == 0;
    if !is_trial && !call.settings().tells_of(&report.builder.tags) {
        return BTreeSet::new();
    }
    let all = call.places.told_of(call.settings()).into_iter();
    all.filter(|(_, events)| is_trial || tells_end(events, report, results)).map(|(place, _)| place).collect()
}

/// Those of the places that were not told of this build a moment ago.
fn not_told_yet(call: &mut Call<'_>, report: &BuildReport, places: BTreeSet<String>) -> BTreeSet<String> {
    let (now, builder, number) = (call.now, report.build.builder_id, report.build.number);
    if report.build.id == 0 {
        return places;
    }
    let mut told: Vec<Told> = call.recall(TOLD).unwrap_or_default();
    told.retain(|(_, _, at, _)| at + ONCE_IN > now);
    let mut fresh = places;
    for (_, _, _, known) in told.iter().filter(|told| (told.0, told.1) == (builder, number)) {
        fresh.retain(|place| !known.contains(place));
    }
    if !fresh.is_empty() {
        told.push((builder, number, now, fresh.iter().cloned().collect()));
        while told.iter().map(bytes).sum::<usize>() > MOST_TOLD_BYTES {
            told.remove(0);
        }
        call.remember(TOLD, &told);
    }
    fresh
}

fn bytes((.., places): &Told) -> usize {
    32 + places.iter().map(|place| place.len() + 3).sum::<usize>()
}
