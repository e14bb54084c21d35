//! Reports: what generators make of an event.

use std::borrow::Cow;

use crate::contract::BodyKind;
use crate::contract::BuildReport;
use crate::contract::BuildsetReport;
use crate::contract::Json;
use crate::contract::Log;
use crate::contract::Patch;
use crate::contract::Property;
use crate::contract::RequestReport;
use crate::contract::Results;
use crate::contract::SourceStamp;
use crate::contract::WorkerReport;
use crate::interpolate::Sources;

/// A message to be sent, by whoever knows how.
#[derive(Debug)]
pub struct Report<'e> {
    /// What it is about.
    pub subject_matter: SubjectMatter<'e>,
    /// The text; `None` if the formatter wants none.
    pub body: Option<String>,
    /// What the text is.
    pub kind: BodyKind,
    /// The subject; `None` if neither formatter nor generator have one.
    pub subject: Option<String>,
    /// An object for the reporter, from a formatter plugin.
    pub extra: Option<Json>,
    /// Why the formatter failed that was asked; the text is the default one then, and says it too.
    pub failure: Option<String>,
    /// How it ended.
    pub results: Option<Results>,
    /// Whom it concerns; sorted.
    pub users: Vec<String>,
    /// Patches to go along.
    pub patches: Vec<&'e Patch>,
    /// Logs to go along.
    pub logs: Vec<ReportLog<'e>>,
}

/// A log that goes along with a message.
#[derive(Debug, Clone, Copy)]
pub struct ReportLog<'e> {
    /// The builder's name.
    pub builder: &'e str,
    /// The step's name.
    pub step: &'e str,
    /// The log itself.
    pub log: &'e Log,
}

/// What a report is about.
#[derive(Debug, Clone)]
pub enum SubjectMatter<'e> {
    /// A build.
    Build(&'e BuildReport),
    /// A buildset, and those of its builds that are told.
    Buildset(&'e BuildsetReport, Vec<&'e BuildReport>),
    /// A request that has no build.
    Request(&'e RequestReport),
    /// A worker that is missing.
    Worker(&'e WorkerReport),
}

impl<'e> Report<'e> {
    /// The builds that it is about.
    #[must_use]
    pub fn builds(&self) -> &[&'e BuildReport] {
        match &self.subject_matter {
            SubjectMatter::Build(build) => std::slice::from_ref(build),
            SubjectMatter::Buildset(_, builds) => builds,
            SubjectMatter::Request(_) | SubjectMatter::Worker(_) => &[],
        }
    }

    /// What was built, or is to be; nothing of a worker.
    #[must_use]
    pub fn source_stamps(&self) -> &'e [SourceStamp] {
        match &self.subject_matter {
            SubjectMatter::Build(build) => &build.buildset.source_stamps,
            SubjectMatter::Buildset(set, _) => &set.buildset.source_stamps,
            SubjectMatter::Request(request) => &request.buildset.source_stamps,
            SubjectMatter::Worker(_) => &[],
        }
    }

    /// The page of the build or the request; of several builds the first one's. A worker has none.
    #[must_use]
    pub fn url(&self) -> Option<&'e str> {
        match &self.subject_matter {
            SubjectMatter::Build(build) => Some(&build.url),
            SubjectMatter::Buildset(_, builds) => builds.first().map(|build| build.url.as_str()),
            SubjectMatter::Request(request) => Some(&request.url),
            SubjectMatter::Worker(_) => None,
        }
    }

    /// The properties of the build or the request; of several builds the first one's.
    #[must_use]
    pub fn properties(&self) -> &'e [Property] {
        match &self.subject_matter {
            SubjectMatter::Build(build) => &build.properties,
            SubjectMatter::Buildset(_, builds) => builds.first().map_or(&[], |build| &build.properties),
            SubjectMatter::Request(request) => &request.properties,
            SubjectMatter::Worker(_) => &[],
        }
    }

    /// The property of this name as text; `None` also for `null`.
    #[must_use]
    pub fn property_text(&self, name: &str) -> Option<Cow<'e, str>> {
        self.properties().iter().find(|property| property.name == name).and_then(Property::text)
    }

    /// What placeholders in the reporter's settings stand for. Of several builds none is meant.
    #[must_use]
    pub fn sources(&self) -> Sources<'e> {
        match &self.subject_matter {
            SubjectMatter::Build(build) => Sources::build(build),
            SubjectMatter::Buildset(set, builds) => match builds[..] {
                [build] => Sources::build(build),
                _ => Sources::buildset(set),
            },
            SubjectMatter::Request(request) => Sources::request(request),
            SubjectMatter::Worker(_) => Sources::default(),
        }
    }

    /// The builder's name; `None` for a buildset as a whole.
    #[must_use]
    pub fn builder(&self) -> Option<&'e str> {
        match &self.subject_matter {
            SubjectMatter::Build(build) => Some(&build.builder.name),
            SubjectMatter::Request(request) => Some(&request.builder.name),
            SubjectMatter::Worker(worker) => Some(&worker.worker.name),
            SubjectMatter::Buildset(..) => None,
        }
    }

    /// With the text of one more build of the same buildset behind it, if that is a text of the same kind.
    pub(super) fn followed_by(mut self, other: Self, build: &'e BuildReport) -> Self {
        if let SubjectMatter::Buildset(_, builds) = &mut self.subject_matter {
            builds.push(build);
        }
        let body = if self.kind == other.kind { other.body } else { None };
        self.join(Self { body, ..other });
        self
    }

    /// As one message: the texts follow each other, everything else is what any of them has.
    fn join(&mut self, other: Self) {
        match (&mut self.body, other.body) {
            (Some(body), Some(more)) => body.push_str(&more),
            (body @ None, more) => *body = more,
            (Some(_), None) => {}
        }
        self.subject = self.subject.take().or(other.subject);
        self.extra = self.extra.take().or(other.extra);
        self.failure = self.failure.take().or(other.failure);
        self.users.extend(other.users);
        self.users.sort_unstable();
        self.users.dedup();
        for patch in other.patches {
            if !self.patches.iter().any(|known| known.id == patch.id) {
                self.patches.push(patch);
            }
        }
        for log in other.logs {
            if !self.logs.iter().any(|known| known.log.id == log.log.id) {
                self.logs.push(log);
            }
        }
    }
}

/// Reports about one event as messages: one, unless some are HTML and some are not. The results are the first's.
#[must_use]
pub fn merged(reports: Vec<Report<'_>>) -> Vec<Report<'_>> {
    let mut merged: Vec<Report<'_>> = Vec::new();
    for report in reports {
        match merged.iter_mut().find(|known| known.kind == report.kind) {
            Some(known) => known.join(report),
            None => merged.push(report),
        }
    }
    merged
}
