//! HTTP: one delivery is one request to the origin that was granted.
//!
//! Reqwest does it, without whatever it would do of its own accord: redirects, proxies, cookies, decompression.
//! Invariant: a request that may have left never ends as `Failed`, unless it changes nothing.

use super::deadlines::Clock;
use super::deadlines::Deadlines;
use super::deadlines::Step;
use super::guard::Guard;
use super::http_answer::Extent;
use super::http_answer::judge;
use super::http_answer::probed;
use super::http_failure::lost;
use super::http_failure::not_reached;
use super::http_failure::unanswered;
use super::http_request::rendered;
use super::link::Network;
use super::outcome::Sent;
use super::pool::MAX_IDLE;
use super::pool::MAX_IDLE_PER_KEY;
use super::transports::Try;
use crate::model::Destination;
use crate::model::HttpRequest;
use http::Method;
use reqwest::Client;
use reqwest::Response;
use reqwest::dns::Addrs;
use reqwest::dns::Name;
use reqwest::dns::Resolve;
use reqwest::dns::Resolving;
use reqwest::redirect::Policy;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::PoisonError;

/// The most of an answer that is read.
const MAX_READ_BYTES: usize = 64 * 1024;

/// So many origins keep their connections; one more, and all begin anew.
const MAX_CLIENTS: usize = 64;

#[derive(Debug)]
pub(super) struct Http {
    network: Network,
    deadlines: Deadlines,
    /// By host and port, because what the guard opens depends on the port, of which a resolver is not told.
    clients: Mutex<HashMap<(String, u16), Client>>,
}

/// Looks names up for one client.
struct Guarded {
    guard: Guard,
    port: u16,
    deadlines: Deadlines,
}

impl Http {
    pub(super) fn new(network: Network, deadlines: Deadlines) -> Self {
        Self { network, deadlines, clients: Mutex::default() }
    }

    pub(super) async fn send<'a>(&self, asked: &'a HttpRequest, this: &mut Try<'a>) -> Sent {
        match self.attempt(asked, this).await {
            Ok(sent) | Err(sent) => sent,
        }
    }

    async fn attempt<'a>(&self, asked: &'a HttpRequest, this: &mut Try<'a>) -> Result<Sent, Sent> {
        let Destination::HttpOrigin { host, port, .. } = this.destination else {
            return Err(Sent::refused(format!("{} is no place for an HTTP request", this.destination)));
        };
        let request = rendered(asked, this)?;
        let harmless = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        // An address is not looked up, so the resolver would never see it.
        if host.parse::<IpAddr>().is_ok() {
            self.network.guard.look_up(host, *port, &this.clock).await.map_err(|e| not_reached(&e))?;
        }
        let client = self.client(host, *port)?;
        let answer = this.clock.within(Step::Answer, client.execute(request)).await;
        let answer = answer.map_err(|late| lost(late, harmless))?.map_err(|e| unanswered(host, &e, harmless))?;
        Ok(take(answer, this).await)
    }

    fn client(&self, host: &str, port: u16) -> Result<Client, Sent> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (host.to_owned(), port);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let client = self.build(port).map_err(|e| Sent::failed(format!("setting up HTTP: {e}")))?;
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(key, client.clone());
        Ok(client)
    }

    fn build(&self, port: u16) -> reqwest::Result<Client> {
        let mut tls = (*self.network.trusted.config).clone();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Guarded { guard: self.network.guard.clone(), port, deadlines: self.deadlines })
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
            .pool_max_idle_per_host(MAX_IDLE_PER_KEY)
            .build()
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

/// Reads the answer. What its head says counts, whatever becomes of its body; but a probe is about the body.
async fn take(mut answer: Response, this: &Try<'_>) -> Sent {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut read = Vec::new();
    // Too late is soon enough: what came till then is kept.
    let extent = this.clock.within(Step::Exchange, read_body(&mut answer, &mut read)).await.unwrap_or(Extent::Part);
    let sent = judge(status, &headers, this.outgoing.now, String::from_utf8_lossy(&read).into_owned());
    match this.marker {
        Some(marker) => probed(sent, marker, extent),
        None => sent,
    }
}

async fn read_body(answer: &mut Response, read: &mut Vec<u8>) -> Extent {
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => {
                let room = MAX_READ_BYTES - read.len();
                read.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    return Extent::Part;
                }
            }
            Ok(None) => return Extent::Whole,
            Err(_) => return Extent::Part,
        }
    }
}
