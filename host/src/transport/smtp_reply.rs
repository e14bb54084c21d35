//! What a relay says, and what can go wrong before a mail is on its way.

use super::deadlines::Late;
use super::link::LinkError;
use std::fmt;
use std::io;
use thiserror::Error;

/// An answer of one or more lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    /// Without the codes, lines divided by `\n`.
    pub(super) text: String,
}

/// What EHLO offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offers {
    pub(super) pipelining: bool,
    pub(super) eight_bit: bool,
    pub(super) utf8: bool,
    pub(super) size: bool,
    pub(super) starttls: bool,
    pub(super) plain: bool,
    pub(super) login: bool,
}

/// Why no mail was sent. Nothing of it arrived.
#[derive(Debug, Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("{at}: {reply}")]
    Refused { at: &'static str, reply: Reply },
    #[error("{at}: {source}")]
    Lost { at: &'static str, source: io::Error },
    #[error("{at}: {late}")]
    Late { at: &'static str, late: Late },
    #[error("{at}: not an answer: {line:?}")]
    Garbage { at: &'static str, line: String },
    #[error("the relay offers no STARTTLS, which is asked for")]
    NoStarttls,
    #[error("the relay offers neither AUTH PLAIN nor AUTH LOGIN, and there is a login")]
    NoLogin,
    #[error("the connection has no TLS, and a password is not sent in clear: use STARTTLS or SMTPS")]
    LoginInClear,
}

impl Reply {
    /// Reads complete lines whose form was checked; nothing if they have different codes.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let all = String::from_utf8_lossy(bytes);
        let code = all.get(..3)?;
        let lines: Option<Vec<&str>> = all.lines().map(|line| line.strip_prefix(code)).collect();
        let text: Vec<&str> = lines?.into_iter().map(|rest| rest.get(1..).unwrap_or_default().trim_end()).collect();
        Some(Self { code: code.parse().ok()?, text: text.join("\n") })
    }

    pub(super) fn expect(self, code: u16, at: &'static str) -> Result<Self, Trouble> {
        if self.code == code { Ok(self) } else { Err(Trouble::Refused { at, reply: self }) }
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

impl Offers {
    pub(super) fn of(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.text.lines().skip(1) {
            let mut words = line.split([' ', '=']).map(str::to_ascii_uppercase);
            match words.next().as_deref() {
                Some("PIPELINING") => offers.pipelining = true,
                Some("8BITMIME") => offers.eight_bit = true,
                Some("SMTPUTF8") => offers.utf8 = true,
                Some("SIZE") => offers.size = true,
                Some("STARTTLS") => offers.starttls = true,
                Some("AUTH") => {
                    for mechanism in words {
                        offers.plain |= mechanism == "PLAIN";
                        offers.login |= mechanism == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies() {
        let check = |bytes: &[u8], expected: Option<(u16, &str)>| {
            let reply = Reply::parse(bytes);
            assert_eq!(reply.as_ref().map(|r| (r.code, r.text.as_str())), expected);
        };
        check(b"250 ok\r\n", Some((250, "ok")));
        check(b"250\r\n", Some((250, "")));
        check(b"250-a\r\n250-b\r\n250 c\r\n", Some((250, "a\nb\nc")));
        check(b"250-a\r\n550 c\r\n", None);
        check("550 gr\u{fc}n\r\n".as_bytes(), Some((550, "gr\u{fc}n")));
    }

    #[test]
    fn offers() {
        let reply =
            Reply::parse(b"250-x\r\n250-PIPELINING\r\n250-size 100\r\n250-AUTH=LOGIN PLAIN\r\n250 8BITMIME\r\n");
        let offers = Offers::of(&reply.unwrap());
        let expected = Offers { pipelining: true, size: true, login: true, plain: true, eight_bit: true, ..offers };
        assert_eq!(offers, expected);
        assert!(!offers.starttls && !offers.utf8);
    }
}
