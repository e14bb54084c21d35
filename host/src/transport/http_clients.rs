//! The clients of HTTP, which keep connections: one for each place and each way to look at its certificate.
//!
//! Reqwest does it, without whatever it would do of its own accord: redirects, proxies, cookies, decompression.

use super::deadlines::Clock;
use super::deadlines::Deadlines;
use super::guard::Guard;
use super::http_tls::Look;
use super::link::Network;
use super::outcome::Sent;
use super::pool::MAX_IDLE;
use reqwest::Client;
use reqwest::dns::Addrs;
use reqwest::dns::Name;
use reqwest::dns::Resolve;
use reqwest::dns::Resolving;
use reqwest::redirect::Policy;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

/// So many keep their connections; one more, and all begin anew.
const MAX_CLIENTS: usize = 64;

/// So many connections to an origin are kept while nobody uses them; more are under way only where an operator's `in_flight`
/// says so.
const MAX_IDLE_CONNECTIONS: usize = 64;

#[derive(Debug)]
pub(super) struct Clients {
    network: Network,
    deadlines: Deadlines,
    /// By host and port too, because what the guard opens depends on the port, of which a resolver is not told.
    known: Mutex<HashMap<Key, Client>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    host: String,
    port: u16,
    look: Look,
}

/// Looks names up for one client.
struct Guarded {
    guard: Guard,
    port: u16,
    deadlines: Deadlines,
}

impl Clients {
    pub(super) fn new(network: Network, deadlines: Deadlines) -> Self {
        Self { network, deadlines, known: Mutex::default() }
    }

    pub(super) fn guard(&self) -> &Guard {
        &self.network.guard
    }

    pub(super) fn get(&self, host: &str, port: u16, look: &Look) -> Result<Client, Sent> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Key { host: host.to_owned(), port, look: look.clone() };
        if let Some(client) = known.get(&key) {
            return Ok(client.clone());
        }
        let client = self.build(&key)?;
        if known.len() >= MAX_CLIENTS {
            known.clear();
        }
        known.insert(key, client.clone());
        Ok(client)
    }

    fn build(&self, key: &Key) -> Result<Client, Sent> {
        let mut tls = key.look.config(&self.network.trusted).map_err(Sent::failed)?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Guarded { guard: self.network.guard.clone(), port: key.port, deadlines: self.deadlines })
            .no_proxy()
            .redirect(Policy::none())
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            // Lookup, connection and TLS together, and sooner than the answer: nothing was sent then.
            .connect_timeout(self.deadlines.connect)
            .tcp_nodelay(true)
            .pool_idle_timeout(MAX_IDLE)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .build()
            .map_err(|e| Sent::failed(format!("setting up HTTP: {e}")))
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, port, clock) = (self.guard.clone(), self.port, Clock::start(self.deadlines));
        Box::pin(async move {
            let open = guard.look_up(name.as_str(), port, &clock).await?;
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}
