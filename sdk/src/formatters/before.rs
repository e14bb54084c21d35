//! The build that a build is compared with.

use std::borrow::Cow;

use crate::contract::Build;
use crate::contract::BuildReport;
use crate::contract::Previous;

/// The build before.
#[derive(Debug, Clone, Default)]
pub(crate) enum Before {
    /// The one before on the builder.
    #[default]
    Usual,
    /// What a getter found.
    Found(Option<Build>),
    /// A getter failed; the usual one will have to do.
    Unknown,
}

impl Before {
    /// It, as the report or the getter has it.
    pub(crate) fn build<'a>(&'a self, report: &'a BuildReport) -> Option<&'a Build> {
        match self {
            Self::Usual | Self::Unknown => report.previous.as_ref(),
            Self::Found(found) => found.as_ref(),
        }
    }

    /// What a context is to tell.
    pub(crate) fn told(&self) -> Previous {
        match self {
            Self::Usual | Self::Unknown => Previous::Usual,
            Self::Found(None) => Previous::None,
            Self::Found(Some(found)) => Previous::Build(found.id),
        }
    }

    /// The report with it.
    pub(crate) fn put_into<'e>(&self, report: &'e BuildReport) -> Cow<'e, BuildReport> {
        match self {
            Self::Usual | Self::Unknown => Cow::Borrowed(report),
            Self::Found(found) => Cow::Owned(BuildReport { previous: found.clone(), ..report.clone() }),
        }
    }
}
