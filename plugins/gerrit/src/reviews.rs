//! From what happened to a review, or to why there is none.

use campanile_sdk::contract::Moment;
use campanile_sdk::contract::Verdict;
use campanile_sdk::prelude::*;
use std::collections::BTreeSet;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;

use crate::command;
use crate::command::Review;
use crate::family::Family;
use crate::generators::Generator;
use crate::target::Target;
use crate::words;

/// Names of builders that are longer together are told by a number, in bytes.
const LONGEST_NAME: usize = 500;

/// What a review is about.
pub(crate) struct Subject<'a> {
    moment: Moment,
    about: About,
    /// Buildsets that belong to it, and builds in these that do not count, by id.
    others: Vec<Id>,
    replaced: Vec<Id>,
    /// At least one; the first one's properties say which patch set it is.
    builds: Vec<&'a BuildReport>,
}

/// A generator, and which of all it is. Two may review the same moment, and neither takes the other's place.
pub(crate) type Numbered<'a> = (usize, &'a Generator);

/// What comes of a generator.
pub(crate) enum Ruling {
    Review(Review),
    /// What was asked for, and cannot be sent, for this reason.
    Skip(String),
    /// Nobody wants anything to be said.
    Nothing,
}

impl<'a> Subject<'a> {
    pub(crate) fn build(report: &'a BuildReport, moment: Moment) -> Self {
        Self {
            moment,
            about: About::Build(report.build.id),
            others: Vec::new(),
            replaced: Vec::new(),
            builds: vec![report],
        }
    }

    /// These builds of it; `None` if there are none.
    pub(crate) fn buildset(family: &Family, builds: Vec<&'a BuildReport>) -> Option<Self> {
        let (about, others, replaced) = (About::Buildset(family.id()), family.others(), family.replaced());
        (!builds.is_empty()).then_some(Self { moment: Moment::Summary, about, others, replaced, builds })
    }

    /// What is said without callbacks.
    fn usual(&self) -> Option<Verdict> {
        match self.moment {
            Moment::Start => None,
            Moment::End => words::review(self.builds[0]),
            Moment::Summary => Some(words::summary(&self.builds)),
        }
    }

    /// Of reviews with the same name in one place, the newest counts.
    fn name(&self) -> String {
        match self.moment {
            Moment::Start | Moment::End => format!("build {}", self.builds[0].build.id),
            Moment::Summary => {
                let names: BTreeSet<&str> = self.builds.iter().map(|report| report.builder.name.as_str()).collect();
                let all = names.iter().copied().collect::<Vec<_>>().join(", ");
                if all.len() > LONGEST_NAME { format!("{} builders {:016x}", names.len(), hash(&all)) } else { all }
            }
        }
    }
}

/// The review that the callbacks want, or else the default.
///
/// # Errors
/// The callbacks want to be asked again later.
pub(crate) fn ruling(
    (index, generator): Numbered<'_>,
    subject: &Subject<'_>,
    host: &impl Host,
) -> Result<Ruling, Failure> {
    let target = match Target::of(subject.builds[0], host) {
        Ok(target) => target,
        Err(reason) => return Ok(Ruling::Skip(format!("{reason}, so there is nothing to review"))),
    };
    let answer = match generator.callbacks(&subject.others, &subject.replaced) {
        Some(callbacks) => host.review(&callbacks, subject.moment, &subject.about),
        None => Ok(Answer::Default),
    };
    let verdict = match answer {
        Ok(Answer::Default) => subject.usual(),
        Ok(Answer::Nothing) => None,
        Ok(Answer::Say(verdict)) => Some(verdict),
        Err(Failure::GiveUp(reason)) => {
            return Ok(Ruling::Skip(format!("there is no review, because its callbacks failed: {reason}")));
        }
        Err(failure @ Failure::Retry(_)) => return Err(failure),
    };
    let Some(Verdict { message, labels }) = verdict else { return Ok(Ruling::Nothing) };
    let labels = labels.unwrap_or_else(|| words::labels(subject.builds.iter().copied()));
    let message = command::fitting(&message);
    if message.is_empty() && labels.is_empty() {
        return Ok(Ruling::Skip(String::from("the callbacks gave neither words nor votes")));
    }
    let of = format!("{} {} of generator {index}", target.revision, subject.name());
    Ok(Ruling::Review(Review { target, of, message, labels }))
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
