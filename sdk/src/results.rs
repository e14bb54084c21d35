//! How something ended, as words.

use crate::contract::Results;

impl Results {
    /// All of them, in Buildbot's order: the position is the code.
    pub const ALL: [Self; 7] =
        [Self::Success, Self::Warnings, Self::Failure, Self::Skipped, Self::Exception, Self::Retry, Self::Cancelled];

    /// The word for it in small letters, such as `failure`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Warnings => "warnings",
            Self::Failure => "failure",
            Self::Skipped => "skipped",
            Self::Exception => "exception",
            Self::Retry => "retry",
            Self::Cancelled => "cancelled",
        }
    }

    /// The word for it as a title, such as `Failure`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Warnings => "Warnings",
            Self::Failure => "Failure",
            Self::Skipped => "Skipped",
            Self::Exception => "Exception",
            Self::Retry => "Retry",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Buildbot's result code, 0 to 6.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The one with this code; `None` above 6.
    #[must_use]
    pub fn from_code(code: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }
}
