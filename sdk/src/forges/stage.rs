//! How far what a report is about has come.

use crate::contract::Results;
use crate::generators::Report;
use crate::generators::SubjectMatter;

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is asked for.
    Requested,
    /// It is under way.
    Running,
    /// It is over.
    Ended(Results),
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Requested,
        Self::Running,
        Self::Ended(Results::Success),
        Self::Ended(Results::Warnings),
        Self::Ended(Results::Failure),
        Self::Ended(Results::Skipped),
        Self::Ended(Results::Exception),
        Self::Ended(Results::Retry),
        Self::Ended(Results::Cancelled),
    ];

    /// The stage of what a report is about; `None` for a worker, which has none. A build that would be tried again has
    /// its request's, where that is over: nobody tries again.
    #[must_use]
    pub fn of(report: &Report<'_>) -> Option<Self> {
        let (results, before) = match &report.subject_matter {
            SubjectMatter::Build(build) => match build.build.results {
                Some(Results::Retry) => (build.request.results.or(Some(Results::Retry)), Self::Running),
                results => (results, Self::Running),
            },
            // A request has no build: what was skipped was never built.
            SubjectMatter::Request(request) => match request.request.results {
                Some(Results::Skipped) => (Some(Results::Cancelled), Self::Requested),
                results => (results, Self::Requested),
            },
            SubjectMatter::Buildset(set, _) => (set.buildset.results, Self::Running),
            SubjectMatter::Worker(_) => return None,
        };
        Some(results.map_or(before, Self::Ended))
    }

    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Running => "running",
            Self::Ended(results) => results.name(),
        }
    }
}
