//! Openings: what `[network] allow` of the configuration opens besides the public internet.

use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::str::FromStr;
use thiserror::Error;

use super::ranges::canonical;

/// One entry, such as `10.0.0.0/8`, `127.0.0.1:2525`, `::1` or `mail.internal:25`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    Network(IpNet),
    Address {
        address: IpAddr,
        port: Option<u16>,
    },
    /// Whatever addresses the name has, now and later.
    Name {
        name: String,
        port: u16,
    },
}

#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "invalid network {0:?}: expected a network such as 10.0.0.0/8, an address such as 127.0.0.1 or ::1, an address \
     and a port such as 127.0.0.1:2525 or [::1]:25, or a name and a port such as mail.internal:25"
)]
pub struct OpeningError(pub String);

impl Opening {
    /// Whether it opens this address of `host`; `exactly` counts only addresses that are written out.
    pub(super) fn opens(&self, host: &str, to: SocketAddr, exactly: bool) -> bool {
        match self {
            Self::Network(network) => !exactly && (network.contains(&canonical(to.ip())) || network.contains(&to.ip())),
            Self::Address { address, port } => {
                canonical(*address) == canonical(to.ip()) && port.is_none_or(|port| port == to.port())
            }
            Self::Name { name, port } => !exactly && name.eq_ignore_ascii_case(host) && *port == to.port(),
        }
    }
}

impl FromStr for Opening {
    type Err = OpeningError;

    fn from_str(text: &str) -> Result<Self, OpeningError> {
        let trimmed = text.trim();
        if let Ok(network) = trimmed.parse() {
            return Ok(Self::Network(network));
        }
        if let Ok(address) = trimmed.trim_start_matches('[').trim_end_matches(']').parse() {
            return Ok(Self::Address { address, port: None });
        }
        if let Ok(to) = trimmed.parse::<SocketAddr>() {
            return Ok(Self::Address { address: to.ip(), port: Some(to.port()) });
        }
        let name_and_port = trimmed.rsplit_once(':').and_then(|(name, port)| Some((name, port.parse().ok()?)));
        match name_and_port {
            Some((name, port)) if is_name(name) => Ok(Self::Name { name: name.to_owned(), port }),
            _ => Err(OpeningError(text.to_owned())),
        }
    }
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::Address { address, port: None } => address.fmt(f),
            Self::Address { address, port: Some(port) } => SocketAddr::new(*address, *port).fmt(f),
            Self::Name { name, port } => write!(f, "{name}:{port}"),
        }
    }
}

/// A host name that nobody could have meant as an address.
fn is_name(text: &str) -> bool {
    let labels = text
        .split('.')
        .all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    labels && text.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_and_shown() {
        let check = |text: &str, expected: &str| {
            let shown = text.parse::<Opening>().map_or_else(|_| "error".to_owned(), |o| o.to_string());
            assert_eq!(shown, expected, "{text}");
        };
        for same in ["10.0.0.0/8", "127.0.0.1:2525", "127.0.0.1", "::1", "fd00::/8", "mail.internal:25", "localhost:25"]
        {
            check(same, same);
        }
        check(" [::1]:25 ", "[::1]:25");
        check("[::1]", "::1");
        for wrong in
            ["", "10.0.0.0/33", "300.1.1.1", "300.1.1.1:25", "mail.internal", "a b:25", "mail:port", "mail:", "*"]
        {
            check(wrong, "error");
        }
    }

    #[test]
    fn an_opening_opens_what_it_says() {
        let check = |opening: &str, host: &str, to: &str, expected: (bool, bool)| {
            let (opening, to): (Opening, SocketAddr) = (opening.parse().unwrap(), to.parse().unwrap());
            assert_eq!((opening.opens(host, to, false), opening.opens(host, to, true)), expected, "{opening} {to}");
        };
        check("10.0.0.0/8", "x", "10.1.2.3:25", (true, false));
        check("10.0.0.0/8", "x", "[::ffff:10.1.2.3]:25", (true, false));
        check("10.0.0.0/8", "x", "11.1.2.3:25", (false, false));
        check("127.0.0.1:2525", "x", "127.0.0.1:2525", (true, true));
        check("127.0.0.1:2525", "x", "127.0.0.1:25", (false, false));
        check("::1", "x", "[::1]:25", (true, true));
        check("mail.internal:25", "MAIL.internal", "10.1.2.3:25", (true, false));
        check("mail.internal:25", "other.internal", "10.1.2.3:25", (false, false));
        check("mail.internal:25", "mail.internal", "10.1.2.3:26", (false, false));
    }
}
