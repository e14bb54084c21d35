//! Reviews changes in Gerrit by how their builds fare: Buildbot's `GerritStatusPush`.
//!
//! The way of a review: a generator that an event is for, the patch set that the build is of, the words and votes of the
//! callbacks or else the default ones, and the desk, which knows Gerrit's version or lets the review wait for it.

mod command;
mod desk;
mod family;
mod generators;
mod reviews;
mod settings;
mod target;
#[cfg(test)]
mod tests;
mod version;
mod words;

use campanile_sdk::contract::BuildsetReport;
use campanile_sdk::contract::Moment;
use campanile_sdk::prelude::*;

use crate::desk::Desk;
use crate::family::Family;
use crate::reviews::Numbered;
use crate::reviews::Ruling;
use crate::reviews::Subject;
use crate::settings::Settings;

/// The reporter.
#[derive(Debug)]
pub struct GerritStatusPush;

campanile_sdk::export!(GerritStatusPush);

impl Reporter for GerritStatusPush {
    const NAME: &'static str = "gerrit";
    const SUMMARY: &'static str = "Reviews changes in Gerrit by how their builds fare (Buildbot's GerritStatusPush)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        let problems = config.settings.problems();
        if problems.is_empty() { Ok(generators::subscriptions(&config.settings.generators())) } else { Err(problems) }
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let mut desk = Desk::new(&config.settings, event, host);
        let generators = config.settings.generators();
        let of = |moment| generators.iter().enumerate().filter(move |(_, generator)| generator.moment() == moment);
        match &event.body {
            EventBody::Build(report) => {
                let moment = if report.build.results.is_some() { Moment::End } else { Moment::Start };
                for generator in of(moment).filter(|(_, generator)| generator.counts(&report.builder.name)) {
                    desk.take(reviews::ruling(generator, &Subject::build(report, moment), host)?);
                }
            }
            EventBody::Buildset(report) => {
                let generators: Vec<Numbered<'_>> = of(Moment::Summary).collect();
                summaries(&generators, report, &mut desk, host)?;
            }
            EventBody::Receipt(receipt) => desk.answered(receipt),
            EventBody::Wake(key) => desk.woken(key),
            _ => {}
        }
        Ok(desk.into_effects())
    }
}

/// A buildset, once all that belongs to it is over.
fn summaries<H: Host>(
    generators: &[Numbered<'_>],
    report: &BuildsetReport,
    desk: &mut Desk<'_, H>,
    host: &H,
) -> Result<(), Failure> {
    if generators.is_empty() {
        return Ok(());
    }
    let family = match Family::of(report, host) {
        Ok(Some(family)) => family,
        Ok(None) => return Ok(()),
        Err(Failure::GiveUp(reason)) => {
            desk.take(Ruling::Skip(reason));
            return Ok(());
        }
        Err(later @ Failure::Retry(_)) => return Err(later),
    };
    let Some(remembered) = family.remembered(host) else { return Ok(()) };
    desk.also(remembered);
    for &(index, generator) in generators {
        let builds = family.builds().filter(|report| generator.counts(&report.builder.name));
        if let Some(subject) = Subject::buildset(&family, builds.collect()) {
            desk.take(reviews::ruling((index, generator), &subject, host)?);
        }
    }
    Ok(())
}
