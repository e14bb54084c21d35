//! From an event to reports.

use crate::contract::BuildReport;
use crate::contract::BuildsetReport;
use crate::contract::Contents;
use crate::contract::Event;
use crate::contract::EventBody;
use crate::contract::Failure;
use crate::contract::Id;
use crate::contract::Level;
use crate::contract::LogKind;
use crate::contract::RequestReport;
use crate::contract::Results;
use crate::contract::Want;
use crate::contract::WorkerReport;
use crate::formatters::Before;
use crate::formatters::Formatter;
use crate::formatters::LogChoice;
use crate::formatters::Occasion;
use crate::formatters::Said;
use crate::formatters::Topic;
use crate::generators::Filters;
use crate::generators::Generator;
use crate::generators::GeneratorKind as Kind;
use crate::generators::Report;
use crate::generators::ReportLog;
use crate::generators::SubjectMatter;
use crate::generators::setting::Dialect;
use crate::host::Host;
use crate::message;
use crate::plugin::Site;
use crate::settings::OneOrMany;

/// What the generators make of an event, in their order.
///
/// # Errors
/// A formatter wants to be asked again later.
pub fn reports<'e>(
    generators: &[Generator],
    site: Site<'e>,
    event: &'e Event,
    host: &impl Host,
) -> Result<Vec<Report<'e>>, Failure> {
    let mut reports = Vec::new();
    for generator in generators {
        reports.extend(generator.report(site, event, host)?);
    }
    Ok(reports)
}

/// Whether one of the generators tells the end of a build, or will.
///
/// # Errors
/// What knows the build before wants to be asked again later.
pub fn tell(generators: &[Generator], build: Id, host: &impl Host) -> Result<bool, Failure> {
    if generators.iter().any(Generator::tells_all) {
        return Ok(true);
    }
    let Ok(report) = host.build(build, Want::PROPERTIES | Want::PREVIOUS) else { return Ok(false) };
    for generator in generators {
        let is_told = match generator.kind {
            Kind::BuildStartEndStatusGenerator => generator.filters().pass(&report),
            // How a build that still runs will end nobody knows.
            Kind::BuildStatusGenerator => report.build.results.is_some() && generator.compare(&report, host)?.is_some(),
            _ => false,
        };
        if is_told {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Generator {
    fn tells_all(&self) -> bool {
        let Filters { builders, tags, schedulers, branches } = self.filters();
        let filters = [builders, tags, schedulers, branches];
        self.kind == Kind::BuildStartEndStatusGenerator && filters.iter().all(Option::is_none)
    }

    fn report<'e>(&self, site: Site<'e>, event: &'e Event, host: &impl Host) -> Result<Option<Report<'e>>, Failure> {
        let verb = event.topic.rsplit('/').next().unwrap_or_default();
        match (&event.body, self.kind, verb) {
            (EventBody::Build(report), Kind::BuildStatusGenerator, "finished") => match self.compare(report, host)? {
                Some(before) => self.of_build(site, (report, before), host),
                None => Ok(None),
            },
            (EventBody::Build(report), Kind::BuildStatusGenerator, "new") if self.report_new == Some(true) => {
                self.of_build(site, (report, Before::Usual), host)
            }
            (EventBody::Build(report), Kind::BuildStartEndStatusGenerator, "new" | "finished") => {
                self.of_build(site, (report, Before::Usual), host)
            }
            (EventBody::Request(report), Kind::BuildRequestGenerator, "new" | "cancel" | "complete") => {
                self.of_request(site, report, host)
            }
            (EventBody::Buildset(report), Kind::BuildSetStatusGenerator, "complete") => {
                self.of_builds(site, report, host)
            }
            (EventBody::Buildset(report), Kind::BuildSetCombinedStatusGenerator, "complete") => {
                self.of_buildset(site, report, host).map(Some)
            }
            (EventBody::Worker(report), Kind::WorkerMissingGenerator, "missing") => self.of_worker(site, report, host),
            _ => Ok(None),
        }
    }

    /// What a build that ended is compared with; nothing if it is not to be told.
    fn compare(&self, report: &BuildReport, host: &impl Host) -> Result<Option<Before>, Failure> {
        let (modes, results) = (self.modes(), report.build.results);
        // A getter is asked only where it matters what it says.
        if !self.filters().pass(report) || !(modes.need_previous() || modes.fit(results, None)) {
            return Ok(None);
        }
        let before = self.before(report, host)?;
        // What may be a new problem is one, so that nobody misses it.
        let doubtful = matches!(before, Before::Unknown) && results == Some(Results::Failure) && modes.need_previous();
        Ok((modes.fit(results, before.build(report)) || doubtful).then_some(before))
    }

    fn before(&self, report: &BuildReport, host: &impl Host) -> Result<Before, Failure> {
        let Some(getter) = &self.previous_build_getter else { return Ok(Before::Usual) };
        match host.previous_build(getter.json(), report.build.id) {
            Ok(found) => Ok(Before::Found(found)),
            Err(Failure::GiveUp(reason)) => {
                let message =
                    "the previousBuildGetter failed; the build is compared with the one before on its builder";
                host.log(Level::Warn, message, &[("build", &report.url), ("why", &reason)]);
                Ok(Before::Unknown)
            }
            Err(later @ Failure::Retry(_)) => Err(later),
        }
    }

    fn of_build<'e>(
        &self,
        site: Site<'e>,
        (report, before): (&'e BuildReport, Before),
        host: &impl Host,
    ) -> Result<Option<Report<'e>>, Failure> {
        if !self.filters().pass(report) {
            return Ok(None);
        }
        let formatter = self.message(report.build.results.is_none());
        let logs = self.logs(&formatter);
        let said = self.compared((Topic::Build(report), before), site, &logs).ask(&formatter, host)?;
        let told = Told { site, results: report.build.results, builder: Some(&report.builder.name) };
        let mut made = self.made(SubjectMatter::Build(report), said, told);
        self.take_along(report, &logs, &mut made);
        Ok(Some(made))
    }

    /// Build after build, each in a text of its own.
    fn of_builds<'e>(
        &self,
        site: Site<'e>,
        set: &'e BuildsetReport,
        host: &impl Host,
    ) -> Result<Option<Report<'e>>, Failure> {
        let formatter = self.message(false);
        let logs = self.logs(&formatter);
        let mut whole: Option<Report<'e>> = None;
        for build in &set.builds {
            let Some(before) = self.compare(build, host)? else { continue };
            let said = self.compared((Topic::BuildInSet(build), before), site, &logs).ask(&formatter, host)?;
            let told = Told { site, results: set.buildset.results, builder: None };
            let mut made = self.made(SubjectMatter::Buildset(set, vec![build]), said, told);
            self.take_along(build, &logs, &mut made);
            whole = Some(match whole {
                None => made,
                Some(whole) => whole.followed_by(made, build),
            });
        }
        Ok(whole)
    }

    fn of_buildset<'e>(
        &self,
        site: Site<'e>,
        set: &'e BuildsetReport,
        host: &impl Host,
    ) -> Result<Report<'e>, Failure> {
        let formatter = self.message(false);
        let said = self.occasion(Topic::Buildset(set), site, &LogChoice::All(false)).ask(&formatter, host)?;
        let told = Told { site, results: set.buildset.results, builder: None };
        Ok(self.made(SubjectMatter::Buildset(set, set.builds.iter().collect()), said, told))
    }

    fn of_request<'e>(
        &self,
        site: Site<'e>,
        report: &'e RequestReport,
        host: &impl Host,
    ) -> Result<Option<Report<'e>>, Failure> {
        if !self.filters().pass_request(report) {
            return Ok(None);
        }
        let results = report.request.results;
        let formatter = self.message_about_request(results);
        let said = self.occasion(Topic::Request(report), site, &LogChoice::All(false)).ask(&formatter, host)?;
        let told = Told { site, results, builder: Some(&report.builder.name) };
        let mut made = self.made(SubjectMatter::Request(report), said, told);
        if self.add_patch == Some(true) {
            made.patches = report.buildset.source_stamps.iter().filter_map(|stamp| stamp.patch.as_ref()).collect();
        }
        Ok(Some(made))
    }

    fn of_worker<'e>(
        &self,
        site: Site<'e>,
        report: &'e WorkerReport,
        host: &impl Host,
    ) -> Result<Option<Report<'e>>, Failure> {
        let meant = match &self.workers {
            None | Some(OneOrMany::One(_)) => true,
            Some(OneOrMany::Many(names)) => names.contains(&report.worker.name),
        };
        if !meant || report.notify.is_empty() {
            return Ok(None);
        }
        let said =
            self.occasion(Topic::Worker(report), site, &LogChoice::All(false)).ask(&self.message(false), host)?;
        let told = Told { site, results: None, builder: Some(&report.worker.name) };
        let made = self.made(SubjectMatter::Worker(report), said, told);
        Ok(Some(Report { users: report.notify.clone(), ..made }))
    }

    fn occasion<'e>(&self, topic: Topic<'e>, site: Site<'e>, logs: &LogChoice) -> Occasion<'e> {
        self.compared((topic, Before::Usual), site, logs)
    }

    fn compared<'e>(&self, (topic, before): (Topic<'e>, Before), site: Site<'e>, logs: &LogChoice) -> Occasion<'e> {
        Occasion { topic, modes: self.modes(), site, contents: logs.contents(), before }
    }

    /// The logs that go along: what a template reads does too, unless `add_logs` says otherwise.
    fn logs(&self, formatter: &Formatter) -> LogChoice {
        if let Some(logs) = &self.add_logs {
            return logs.clone();
        }
        match formatter {
            Formatter::Message(template) if self.dialect == Dialect::Listed => match &template.scope.contents {
                Contents::None => LogChoice::All(false),
                Contents::All => LogChoice::All(true),
                Contents::Named(names) => LogChoice::Named(names.clone()),
            },
            _ => LogChoice::All(false),
        }
    }

    fn made<'e>(&self, subject_matter: SubjectMatter<'e>, said: Said, told: Told<'_>) -> Report<'e> {
        let Said { body, kind, subject, extra, default_subject, failure } = said;
        let Told { site, results, builder } = told;
        let own = || self.subject.as_ref().map(|own| message::fill_subject(own, results, builder, site.title));
        let subject = match (subject, self.dialect) {
            // The older Buildbot's default message has no subject of its own.
            (Some(default), Dialect::Flat) if default_subject => own().or(Some(default)),
            (Some(subject), _) => Some(subject),
            (None, _) => own().or_else(|| {
                let falls_back = matches!(
                    self.kind,
                    Kind::BuildStatusGenerator | Kind::BuildSetStatusGenerator | Kind::BuildSetCombinedStatusGenerator
                );
                falls_back.then(|| message::fallback_subject(results, builder, site.title))
            }),
        };
        let (users, patches, logs) = (Vec::new(), Vec::new(), Vec::new());
        Report { subject_matter, body, kind, subject, extra, failure, results, users, patches, logs }
    }

    /// What goes along with a build.
    fn take_along<'e>(&self, report: &'e BuildReport, logs: &LogChoice, made: &mut Report<'e>) {
        made.users.clone_from(&report.users);
        if self.add_patch == Some(true) {
            made.patches = report.buildset.source_stamps.iter().filter_map(|stamp| stamp.patch.as_ref()).collect();
        }
        for step in &report.steps {
            let has_content = |log: &&crate::contract::Log| log.num_lines > 0 && log.kind != LogKind::Deleted;
            let along = step.logs.iter().filter(has_content).filter(|log| logs.includes(&step.name, &log.name));
            made.logs.extend(along.map(|log| ReportLog { builder: &report.builder.name, step: &step.name, log }));
        }
    }
}

/// What the generator's own subject tells of.
struct Told<'a> {
    site: Site<'a>,
    results: Option<Results>,
    builder: Option<&'a str>,
}
