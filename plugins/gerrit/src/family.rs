//! All that belongs to a buildset: its builds, and the buildsets that these triggered, and so on.
//!
//! Nothing is voted before all of it is over. Whichever of its buildsets ends last brings the whole; of two that end at
//! once the second finds that it was told. A build that was made again in place of another counts for it.

use campanile_sdk::contract::BuildsetReport;
use campanile_sdk::contract::DataError;
use campanile_sdk::prelude::*;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeSet;
use std::collections::VecDeque;

use crate::target::Target;

/// Nothing is voted on a buildset that was triggered through more builds than that.
const DEEPEST: usize = 100;
/// So many buildsets are looked at beside the first; nothing is voted where there are more.
const MOST_SETS: usize = 100;
/// So many builds are asked about at once.
const PAGE: usize = 50;
/// So many of those that were told are remembered.
const MOST_TOLD: usize = 200;
/// Where they are remembered.
const TOLD: &str = "told";

/// Buildsets that are told as one.
#[derive(Debug)]
pub(crate) struct Family {
    /// The one that was not triggered; all others came of its builds.
    pub(crate) first: BuildsetReport,
    pub(crate) others: Vec<BuildsetReport>,
    /// Builds that do not count, as others were made in their place; and what they triggered.
    replaced: BTreeSet<Id>,
}

/// That a family of so many was told.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Told(Id, usize);

impl Family {
    /// Of a buildset that has ended; `None` while something that belongs to it has not.
    ///
    /// # Errors
    /// Nobody knows what belongs to it, so nothing can be voted.
    pub(crate) fn of(report: &BuildsetReport, host: &impl Host) -> Result<Option<Self>, Failure> {
        let first = first(report, host)?.unwrap_or_else(|| report.clone());
        if first.buildset.complete_at.is_none() {
            return Ok(None);
        }
        let (mut others, mut rebuilt) = (Vec::new(), Vec::new());
        let mut unseen = VecDeque::from(triggered(&first, host)?);
        while let Some(set) = unseen.pop_front() {
            if !set.complete || unseen.iter().any(|set| !set.complete) {
                return Ok(None);
            }
            if others.len() == MOST_SETS {
                return Err(unknown("all that was triggered", &format!("it is more than {MOST_SETS} buildsets")));
            }
            let other = host.buildset(set.bsid, Want::PROPERTIES);
            let other =
                other.map_err(|error| unknown(&format!("the builds of buildset {}", set.bsid), &why(&error)))?;
            unseen.extend(triggered(&other, host)?);
            rebuilt.extend(set.rebuilt_buildid.map(|of| Rebuilt { set: set.bsid, of }));
            others.push(other);
        }
        let replaced = replaced(&others, &rebuilt);
        Ok(Some(Self { first, others, replaced }))
    }

    pub(crate) fn id(&self) -> Id {
        self.first.buildset.id
    }

    /// The other buildsets, by id.
    pub(crate) fn others(&self) -> Vec<Id> {
        self.others.iter().map(|other| other.buildset.id).collect()
    }

    /// The builds that do not count, by id.
    pub(crate) fn replaced(&self) -> Vec<Id> {
        self.replaced.iter().copied().collect()
    }

    /// All builds that count; of those that were tried again the last.
    pub(crate) fn builds(&self) -> impl Iterator<Item = &BuildReport> {
        let sets = || std::iter::once(&self.first).chain(&self.others);
        sets()
            .flat_map(|set| {
                set.builds.iter().enumerate().filter(|(i, build)| {
                    let again = set.builds[i + 1..].iter().any(|later| later.request.id == build.request.id);
                    !(again && build.build.results == Some(Results::Retry))
                })
            })
            .map(|(_, build)| build)
            .filter(|build| !self.replaced.contains(&build.build.id))
    }

    /// Remembers that this was told; `None` if it was before.
    pub(crate) fn remembered(&self, host: &impl Host) -> Option<Vec<Effect>> {
        // A buildset by itself ends once.
        if self.others.is_empty() {
            return Some(Vec::new());
        }
        let kept = host.recall(TOLD).and_then(|json| serde_json::from_str(&json).ok());
        let mut told: VecDeque<Told> = kept.unwrap_or_default();
        let this = Told(self.id(), self.others.len());
        if told.contains(&this) {
            return None;
        }
        told.push_back(this);
        if told.len() > MOST_TOLD {
            told.pop_front();
        }
        Some(vec![Effect::remember(TOLD, serde_json::to_string(&told).expect("numbers are JSON"))])
    }
}

/// The buildset that it all began with, as far as that is about a change; `None` if it is the given one. Between may
/// be some that are about none.
fn first(report: &BuildsetReport, host: &impl Host) -> Result<Option<BuildsetReport>, Failure> {
    let (mut parent, mut found, mut climbed) = (report.buildset.parent_build_id, None, 0);
    while let Some(id) = parent {
        if climbed == DEEPEST {
            return Err(unknown("what triggered it", &format!("there are more than {DEEPEST} builds above it")));
        }
        climbed += 1;
        let build = host.build(id, Want::PROPERTIES).map_err(|error| unknown("what triggered it", &why(&error)))?;
        parent = build.buildset.parent_build_id;
        if Target::of(&build, host).is_ok() {
            found = Some(build.buildset.id);
        }
    }
    let whole = found.map(|id| host.buildset(id, Want::PROPERTIES));
    whole.transpose().map_err(|error| unknown("the builds of what triggered it", &why(&error)))
}

fn unknown(what: &str, why: &str) -> Failure {
    Failure::GiveUp(format!("cannot find {what}: {why}, so nothing is voted"))
}

fn why(error: &DataError) -> String {
    match error {
        DataError::NotFound => String::from("it is not there any more"),
        DataError::Invalid(reason) => reason.clone(),
        DataError::TooLarge => String::from("it is more than a plugin is told at once"),
    }
}

#[derive(Deserialize)]
struct Triggered {
    bsid: Id,
    complete: bool,
    /// Which build it was made in place of; of one that was itself made so, the first of them all.
    #[serde(default)]
    rebuilt_buildid: Option<Id>,
}

/// A buildset that was made in place of a build.
struct Rebuilt {
    set: Id,
    of: Id,
}

/// The builds in whose place others were made: all of their request, those that were made so before, and what any of
/// them triggered.
fn replaced(sets: &[BuildsetReport], rebuilt: &[Rebuilt]) -> BTreeSet<Id> {
    let builds = || sets.iter().flat_map(|set| set.builds.iter().map(move |build| (set.buildset.id, build)));
    let mut gone = BTreeSet::new();
    for Rebuilt { set: newest, of } in rebuilt {
        let request = builds().find(|(_, build)| build.build.id == *of).map(|(_, build)| build.request.id);
        let earlier = |set: Id| rebuilt.iter().any(|other| other.set == set && other.of == *of && set < *newest);
        let is_gone = |(set, build): &(Id, &BuildReport)| Some(build.request.id) == request || earlier(*set);
        gone.extend(builds().filter(is_gone).map(|(_, build)| build.build.id));
    }
    // What triggers comes before what it triggered.
    for set in sets.iter().filter(|set| !set.builds.is_empty()) {
        if set.buildset.parent_build_id.is_some_and(|parent| gone.contains(&parent)) {
            gone.extend(set.builds.iter().map(|build| build.build.id));
        }
    }
    gone
}

/// The buildsets that its builds triggered.
fn triggered(report: &BuildsetReport, host: &impl Host) -> Result<Vec<Triggered>, Failure> {
    #[derive(Deserialize)]
    struct Buildsets {
        buildsets: Vec<Triggered>,
    }
    let odd = |why: &str| unknown(&format!("what the builds of buildset {} triggered", report.buildset.id), why);
    let mut found = Vec::new();
    for builds in report.builds.chunks(PAGE) {
        let parents: String = builds.iter().map(|build| format!("parent_buildid={}&", build.build.id)).collect();
        let path = format!(
            "buildsets?{parents}field=bsid&field=complete&field=parent_buildid&field=rebuilt_buildid&order=bsid"
        );
        match host.get(&path) {
            Ok(json) => {
                let page: Buildsets = serde_json::from_str(&json).map_err(|problem| odd(&problem.to_string()))?;
                found.extend(page.buildsets);
            }
            // There are none: a list by itself is always there.
            Err(DataError::NotFound) => {}
            Err(error) => return Err(odd(&why(&error))),
        }
    }
    Ok(found)
}
