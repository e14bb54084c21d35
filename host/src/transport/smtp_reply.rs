//! What a relay says, and what can go wrong before a mail is on its way.

use super::cause::root;
use super::guard::GuardError;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::response::Response;
use std::error::Error;
use std::fmt;
use thiserror::Error;

/// An answer, be it good or bad: to lettre, the bad ones are errors.
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

impl Trouble {
    pub(super) fn of(at: &'static str, e: &SmtpError) -> Self {
        match e.status() {
            Some(code) => {
                let text = e.source().map(ToString::to_string).unwrap_or_default();
                Self::Refused { at, reply: Reply { code: code.into(), text } }
            }
            None => Self::Lost { at, why: root(e).to_string() },
        }
    }
}

impl Reply {
    pub(super) fn of(at: &'static str, said: Result<Response, SmtpError>) -> Result<Self, Trouble> {
        match said.map_err(|e| Trouble::of(at, &e)) {
            Ok(response) => {
                let text = response.message().collect::<Vec<_>>().join("\n");
                Ok(Self { code: response.code().into(), text })
            }
            Err(Trouble::Refused { reply, .. }) => Ok(reply),
            Err(trouble) => Err(trouble),
        }
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
