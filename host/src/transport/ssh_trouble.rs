//! Why a command did not begin, and what that means for its delivery.
//!
//! What people can mend (a key, a login, a host key) is tried again, as with mail; what only configuring mends is not.

use super::guard::GuardError;
use super::outcome::Sent;
use std::fmt;

/// The command surely did not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// A later try may succeed.
    Passing(String),
    /// Only the operator can help.
    Lasting(String),
}

impl Trouble {
    pub(super) fn passing(reason: impl fmt::Display) -> Self {
        Self::Passing(reason.to_string())
    }

    pub(super) fn sent(self) -> Sent {
        match self {
            Self::Passing(reason) => Sent::failed(reason),
            Self::Lasting(reason) => Sent::refused(reason),
        }
    }
}

impl From<GuardError> for Trouble {
    fn from(error: GuardError) -> Self {
        if error.is_closed() { Self::Lasting(error.to_string()) } else { Self::passing(error) }
    }
}

impl From<russh::Error> for Trouble {
    fn from(error: russh::Error) -> Self {
        Self::passing(error)
    }
}
