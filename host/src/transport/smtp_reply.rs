//! What a relay says, and what can go wrong before a mail is on its way.

use super::guard::GuardError;
use std::fmt;
use thiserror::Error;

/// An answer, be it good or bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) text: String,
}

/// Why no mail was sent. Nothing of it arrived.
#[derive(Debug, Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Guard(#[from] GuardError),
    #[error("TLS with {host}: {why}")]
    Tls { host: String, why: String },
    #[error("{at}: {reply}")]
    Refused { at: &'static str, reply: Reply },
    /// The connection broke, nothing came in time, or what came was no answer.
    #[error("{at}: {why}")]
    Lost { at: &'static str, why: String },
    #[error("the relay offers no STARTTLS, which is asked for")]
    NoStarttls,
    #[error("the relay offers neither AUTH PLAIN nor AUTH LOGIN, and there is a login")]
    NoLogin,
    #[error("the connection has no TLS, and a password is not sent in clear: use STARTTLS or SMTPS")]
    LoginInClear,
}

impl Reply {
    /// An answer with any other code refuses what was asked.
    pub(super) fn expect(&self, at: &'static str, code: u16) -> Result<(), Trouble> {
        if self.code == code { Ok(()) } else { Err(Trouble::Refused { at, reply: self.clone() }) }
    }

    pub(super) fn is_success(&self) -> bool {
        self.code / 100 == 2
    }

    pub(super) fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }

    /// A login or TLS is wanted: people mend that, the mail is not at fault.
    pub(super) fn is_about_login(&self) -> bool {
        matches!(self.code, 530 | 534 | 535 | 538)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}
