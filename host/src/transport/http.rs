//! HTTP: one delivery is one request to the origin that was granted, and perhaps one for a token before.
//!
//! Invariant: a request that may have left never ends as `Failed`, unless it changes nothing.

use super::deadlines::Deadlines;
use super::deadlines::Step;
use super::guard::Guard;
use super::http_answer::Extent;
use super::http_answer::judge;
use super::http_answer::probed;
use super::http_clients::Clients;
use super::http_failure::lost;
use super::http_failure::not_reached;
use super::http_failure::unanswered;
use super::http_request::bearer;
use super::http_request::rendered;
use super::http_tls::Look;
use super::http_tokens::Had;
use super::http_tokens::Tokens;
use super::link::Network;
use super::outcome::Sent;
use super::search::Search;
use super::transports::Try;
use crate::model::Destination;
use crate::model::HttpLogin;
use crate::model::HttpRequest;
use crate::model::OauthClient;
use crate::model::TlsVerify;
use http::HeaderMap;
use http::Method;
use http::StatusCode;
use reqwest::Request;
use reqwest::Response;
use std::net::IpAddr;

/// The most of an answer to a delivery that is read.
pub(super) const MAX_READ_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Http {
    pub(super) clients: Clients,
    /// Those that reach nothing which `[network] allow` opens.
    pub(super) shut: Clients,
    tokens: Tokens,
}

/// What came back.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) extent: Extent,
}

impl Http {
    pub(super) fn new(network: Network, deadlines: Deadlines) -> Self {
        let shut = Network { guard: Guard::default(), trusted: network.trusted.clone() };
        let (clients, shut) = (Clients::new(network, deadlines), Clients::new(shut, deadlines));
        Self { clients, shut, tokens: Tokens::default() }
    }

    pub(super) async fn send<'a>(&self, asked: &'a HttpRequest, this: &mut Try<'a>) -> Sent {
        match self.attempt(asked, this).await {
            Ok(sent) | Err(sent) => sent,
        }
    }

    async fn attempt<'a>(&self, asked: &'a HttpRequest, this: &mut Try<'a>) -> Result<Sent, Sent> {
        let answered = self.fetch(asked, this).await?;
        let sent = judged(&answered, this);
        Ok(match (asked.verify == TlsVerify::Nothing, this.destination, &sent.reason) {
            (true, Destination::HttpOrigin { tls: true, .. }, None) => {
                sent.with_reason("the server's certificate was not verified")
            }
            _ => sent,
        })
    }

    /// What came back, whatever it means.
    pub(super) async fn fetch<'a>(&self, asked: &'a HttpRequest, this: &mut Try<'a>) -> Result<Answered, Sent> {
        let request = rendered(asked, this)?;
        let look = Look::of(asked, this.destination, &mut this.filler)?;
        match &asked.login {
            Some(HttpLogin::Oauth(oauth)) => self.with_token(oauth, (request, &look), this).await,
            Some(HttpLogin::Basic(_)) | None => self.exchange(request, &look, this).await,
        }
    }

    /// With a token that is kept. One that the server refuses is not kept any more; a new one is tried at once.
    async fn with_token<'a>(
        &self,
        oauth: &'a OauthClient,
        (request, look): (Request, &Look),
        this: &mut Try<'a>,
    ) -> Result<Answered, Sent> {
        let again = request.try_clone();
        let (token, had) = self.tokens.get(self, (oauth, look), this).await?;
        let answered = self.exchange(bearer(request, &token)?, look, this).await?;
        if answered.status != StatusCode::UNAUTHORIZED {
            return Ok(answered);
        }
        self.tokens.forget(&token);
        match (had, again) {
            (Had::Kept, Some(again)) => {
                let (token, _) = self.tokens.get(self, (oauth, look), this).await?;
                self.exchange(bearer(again, &token)?, look, this).await
            }
            (Had::New, _) | (Had::Kept, None) => Ok(answered),
        }
    }

    pub(super) async fn exchange(&self, request: Request, look: &Look, this: &Try<'_>) -> Result<Answered, Sent> {
        let harmless = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let to = Destination::origin(request.url().as_str());
        let Ok(Destination::HttpOrigin { host, port, .. }) = to else {
            return Err(Sent::refused(format!("{} is no place for an HTTP request", this.destination)));
        };
        // An address is not looked up, so the resolver would never see it.
        if host.parse::<IpAddr>().is_ok() {
            self.clients.guard().look_up(&host, port, &this.clock).await.map_err(|e| not_reached(&e))?;
        }
        let client = self.clients.get(&host, port, look)?;
        let answer = this.clock.within(Step::Answer, client.execute(request)).await;
        let answer = answer.map_err(|late| lost(late, harmless))?.map_err(|e| unanswered(&host, &e, harmless))?;
        Ok(take(answer, this).await)
    }
}

/// What its head says counts, whatever becomes of its body; but a probe is about the body.
fn judged(answered: &Answered, this: &Try<'_>) -> Sent {
    let read = String::from_utf8_lossy(&answered.body);
    let said = this.filler.redact(read.clone().into_owned());
    let sent = judge(answered.status, &answered.headers, this.outgoing.now, said);
    match this.probe {
        Some(probe) => {
            let mut search = Search::of(probe);
            search.look_at(&answered.body);
            probed(sent, search.seen(), answered.extent)
        }
        None => sent,
    }
}

async fn take(mut answer: Response, this: &Try<'_>) -> Answered {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = Vec::new();
    // Too late is soon enough: what came till then is kept.
    let reading = read_body(&mut answer, &mut body, this.most_bytes);
    let extent = this.clock.within(Step::Exchange, reading).await.unwrap_or(Extent::Part);
    Answered { status, headers, body, extent }
}

async fn read_body(answer: &mut Response, read: &mut Vec<u8>, most: usize) -> Extent {
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => {
                let room = most - read.len();
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
