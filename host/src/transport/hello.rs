//! The name that a relay is greeted with (EHLO).
//!
//! Relays look at it: many refuse who calls itself by a name that cannot be one on the internet.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use thiserror::Error;

/// The longest name that the domain name system has, and a label of it.
const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// How this machine calls itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Hello {
    /// Always so.
    Said(String),
    /// By the address that each connection goes out from.
    #[default]
    Address,
}

#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0:?} is no name for a relay: expected one such as ci.example.org, or an address such as [192.0.2.1]")]
pub struct HelloError(String);

impl Hello {
    /// Reads `[network] hello`.
    pub fn parse(text: &str) -> Result<Self, HelloError> {
        match is_name(text) || is_literal(text) {
            true => Ok(Self::Said(text.to_owned())),
            false => Err(HelloError(text.to_owned())),
        }
    }

    /// By the name of the machine, if others may know it by that.
    pub fn of_machine(name: Option<&str>) -> Self {
        name.map(str::trim)
            .filter(|name| name.contains('.') && is_name(name))
            .map_or(Self::Address, |name| Self::Said(name.to_owned()))
    }

    /// On a connection from this address.
    pub(super) fn on(&self, local: IpAddr) -> String {
        match (self, local.to_canonical()) {
            (Self::Said(name), _) => name.clone(),
            (Self::Address, IpAddr::V4(address)) => format!("[{address}]"),
            (Self::Address, IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let good = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        good && (1..=MAX_LABEL_BYTES).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= MAX_NAME_BYTES && text.split('.').all(is_label) && text.parse::<IpAddr>().is_err()
}

/// `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
fn is_literal(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else { return false };
    match inside.strip_prefix("IPv6:") {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => inside.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_an_address_can_be_configured() {
        for good in ["ci.example.org", "ci", "[192.0.2.1]", "[IPv6:2001:db8::1]"] {
            assert_eq!(Hello::parse(good), Ok(Hello::Said(good.to_owned())));
        }
        for wrong in
            ["", "192.0.2.1", "[ci]", "[2001:db8::1]", "ci.example.org.", "ci\r\nMAIL", "a b", "-a.b", "grün.org"]
        {
            assert_eq!(Hello::parse(wrong), Err(HelloError(wrong.to_owned())));
        }
    }

    #[test]
    fn a_machine_without_a_name_for_others_says_its_address() {
        let check = |name: Option<&str>, local: &str, expected: &str| {
            assert_eq!(Hello::of_machine(name).on(local.parse().unwrap()), expected);
        };
        check(Some("ci.example.org\n"), "192.0.2.1", "ci.example.org");
        check(Some("ci"), "192.0.2.1", "[192.0.2.1]");
        check(Some("ci_box.example.org"), "::ffff:192.0.2.1", "[192.0.2.1]");
        check(None, "2001:db8::1", "[IPv6:2001:db8::1]");
    }
}
