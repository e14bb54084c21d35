//! The egress guard: every connection of a transport goes to an address that was looked at here.
//!
//! A name is resolved once, each of its addresses is judged, and the connection goes to one of those that passed;
//! nothing resolves it again. The client of HTTP opens its sockets by itself, to the addresses that are told here.
//! Not here: which destinations a reporter may name (`model::grants`).
//!
//! Invariant: no socket of `transport` goes to an address that did not pass.

use super::deadlines::Clock;
use super::deadlines::Late;
use super::deadlines::Step;
use super::opening::Opening;
use super::opening::OpeningError;
use super::ranges::Range;
use super::ranges::canonical;
use super::ranges::closed_range;
use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use thiserror::Error;
use tokio::net::TcpStream;

/// The openings of the configuration. Without any, only the public internet is reached.
#[derive(Clone, Debug, Default)]
pub struct Guard(Arc<[Opening]>);

#[derive(Debug, Error)]
pub(crate) enum GuardError {
    #[error(
        "{host}: {address} is {kind} ({prefix}), and such are closed; to open it, put allow = [\"{to}\"] under \
         [network] of the configuration"
    )]
    Closed { host: String, address: IpAddr, kind: &'static str, prefix: &'static str, to: SocketAddr },
    #[error("looking up {host}: {source}")]
    Lookup { host: String, source: io::Error },
    #[error("looking up {host}: no address")]
    NoAddress { host: String },
    #[error("connecting to {host} at {to}: {source}")]
    Connect { host: String, to: SocketAddr, source: io::Error },
    #[error("{host}: {late}")]
    Late { host: String, late: Late },
}

impl GuardError {
    /// Whether only the operator can help.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }
}

impl Guard {
    pub fn new(openings: impl IntoIterator<Item = Opening>) -> Self {
        Self(openings.into_iter().collect())
    }

    /// Reads `[network] allow`; or says what is wrong with each entry, by its position.
    pub(crate) fn parse(allow: &[String]) -> Result<Self, Vec<(usize, OpeningError)>> {
        let (mut openings, mut wrong) = (Vec::new(), Vec::new());
        for (i, text) in allow.iter().enumerate() {
            match text.parse() {
                Ok(opening) => openings.push(opening),
                Err(e) => wrong.push((i, e)),
            }
        }
        if wrong.is_empty() { Ok(Self::new(openings)) } else { Err(wrong) }
    }

    /// The addresses of `host` that pass; never none.
    pub(super) async fn look_up(&self, host: &str, port: u16, clock: &Clock) -> Result<Vec<SocketAddr>, GuardError> {
        let late = |late| GuardError::Late { host: host.to_owned(), late };
        let found = clock.within(Step::Lookup, resolve(host, port)).await.map_err(late)?;
        self.vet(host, &found.map_err(|source| GuardError::Lookup { host: host.to_owned(), source })?)
    }

    /// Connects to an address of `host` that passes.
    pub(super) async fn connect(&self, host: &str, port: u16, clock: &Clock) -> Result<TcpStream, GuardError> {
        let late = |late| GuardError::Late { host: host.to_owned(), late };
        let open = self.look_up(host, port, clock).await?;
        let stream = clock.within(Step::Connect, connect_any(host, &open, clock)).await.map_err(late)??;
        // Small writes that wait for an answer: Nagle's algorithm would add 40 ms to each mail.
        stream.set_nodelay(true).map_err(|source| GuardError::Connect {
            host: host.to_owned(),
            to: open[0],
            source,
        })?;
        Ok(stream)
    }

    /// Those of the addresses that are open; never none.
    fn vet(&self, host: &str, found: &[SocketAddr]) -> Result<Vec<SocketAddr>, GuardError> {
        let mut open = Vec::new();
        let mut closed = None;
        for &to in found {
            let to = unmapped(to);
            match closed_range(canonical(to.ip())) {
                Some(range) if !self.opens(host, to, range) => closed = closed.or(Some((to, range))),
                _ => open.push(to),
            }
        }
        match (open.is_empty(), closed) {
            (false, _) => Ok(open),
            (true, None) => Err(GuardError::NoAddress { host: host.to_owned() }),
            (true, Some((to, Range { kind, prefix, .. }))) => {
                Err(GuardError::Closed { host: host.to_owned(), address: to.ip(), kind, prefix, to })
            }
        }
    }

    fn opens(&self, host: &str, to: SocketAddr, range: Range) -> bool {
        self.0.iter().any(|opening| opening.opens(host, to, range.metadata))
    }
}

async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    match host.parse::<IpAddr>() {
        Ok(address) => Ok(vec![SocketAddr::new(address, port)]),
        Err(_) => Ok(tokio::net::lookup_host((host, port)).await?.collect()),
    }
}

/// Tries one address after the other, each with a fair share of the time.
async fn connect_any(host: &str, open: &[SocketAddr], clock: &Clock) -> Result<TcpStream, GuardError> {
    let share = clock.limit(Step::Connect) / open.len().try_into().unwrap_or(u32::MAX);
    let mut last = None;
    for &to in open {
        match tokio::time::timeout(share, TcpStream::connect(to)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(source)) => last = Some((to, source)),
            Err(_) => last = Some((to, io::Error::new(io::ErrorKind::TimedOut, "no answer"))),
        }
    }
    let (to, source) = last.ok_or_else(|| GuardError::NoAddress { host: host.to_owned() })?;
    Err(GuardError::Connect { host: host.to_owned(), to, source })
}

/// `::ffff:1.2.3.4` is reached as `1.2.3.4`.
fn unmapped(to: SocketAddr) -> SocketAddr {
    SocketAddr::new(to.ip().to_canonical(), to.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vet(allow: &[&str], host: &str, found: &[&str]) -> Result<Vec<String>, String> {
        let allow: Vec<String> = allow.iter().map(|&s| s.to_owned()).collect();
        let found: Vec<SocketAddr> = found.iter().map(|s| s.parse().unwrap()).collect();
        let guard = Guard::parse(&allow).unwrap();
        guard.vet(host, &found).map(|v| v.iter().map(|a| a.to_string()).collect()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_closed_address_is_named_with_its_remedy() {
        assert_eq!(
            vet(&[], "mail.internal", &["10.1.2.3:25"]).unwrap_err(),
            "mail.internal: 10.1.2.3 is a private address (10.0.0.0/8), and such are closed; to open it, put \
             allow = [\"10.1.2.3:25\"] under [network] of the configuration"
        );
    }

    #[test]
    fn only_open_addresses_are_kept() {
        assert_eq!(vet(&[], "x", &["127.0.0.1:25", "1.1.1.1:25"]).unwrap(), ["1.1.1.1:25"]);
        assert_eq!(vet(&["127.0.0.1:25"], "x", &["[::1]:25", "127.0.0.1:25"]).unwrap(), ["127.0.0.1:25"]);
        assert_eq!(vet(&[], "x", &["[::ffff:1.1.1.1]:25"]).unwrap(), ["1.1.1.1:25"]);
        assert!(vet(&[], "x", &[]).unwrap_err().contains("no address"));
    }

    #[test]
    fn metadata_has_to_be_written_out() {
        let found = ["169.254.169.254:80"];
        assert!(vet(&["169.254.0.0/16", "0.0.0.0/0"], "x", &found).is_err());
        assert!(vet(&["x:80"], "x", &found).is_err());
        assert!(vet(&["169.254.169.254"], "x", &found).is_ok());
        assert!(vet(&["0.0.0.0/0"], "x", &["10.0.0.1:80"]).is_ok());
    }

    #[test]
    fn each_wrong_entry_is_told() {
        let allow = ["10.0.0.0/8", "ten", "::1/200"].map(str::to_owned);
        let wrong = Guard::parse(&allow).unwrap_err();
        assert_eq!(wrong.iter().map(|(i, _)| *i).collect::<Vec<_>>(), [1, 2]);
    }
}
