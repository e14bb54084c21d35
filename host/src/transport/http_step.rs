//! The request of a step: made once, followed where it is led, and told as a log.
//!
//! As Python's requests does it: 301, 302 and 303 lead to a GET, 307 and 308 keep the method; credentials stay at their
//! origin. Invariants: a request that has secrets is not led to another origin; what `[network] allow` opens is reached
//! only where the grants name it, because it may have been opened for somebody else.

use super::deadlines::Clock;
use super::deadlines::Deadlines;
use super::deadlines::Late;
use super::deadlines::Step;
use super::fill::Filler;
use super::guard::GuardError;
use super::http::Http;
use super::http_failure::unanswered;
use super::http_request::unsigned;
use super::http_tls::Look;
use super::outcome::Sent;
use crate::model::Destination;
use crate::model::HttpExchange;
use crate::model::HttpStep;
use crate::model::HttpStepLog;
use crate::model::Permit;
use crate::model::Results;
use crate::model::StepGrants;
use crate::model::http_step_state;
use http::HeaderMap;
use http::Method;
use http::StatusCode;
use http::header;
use reqwest::Request;
use reqwest::Response;
use std::future::Future;
use url::Url;

/// So often a request is led elsewhere.
const MOST_REDIRECTS: usize = 30;

/// The most that is kept of all bodies of a step, and of those that lead elsewhere. They stand in the log and beside it,
/// and go to the host as JSON in one call, where a byte may take six.
const MOST_CONTENT_BYTES: usize = 1024 * 1024;
const MOST_ELSEWHERE_BYTES: usize = 64 * 1024;

/// The most that the headers of an answer may take.
const MOST_HEADER_BYTES: usize = 32 * 1024;

/// What became of the request of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Performed {
    pub results: Results,
    /// Of the last answer.
    pub status: Option<u16>,
    /// The log, a line of type `s` each.
    pub log: String,
    /// The bodies that came back, one for each answer.
    pub contents: Vec<String>,
}

/// What is performed, and what it may use.
struct Asked<'s> {
    step: &'s HttpStep,
    grants: &'s StepGrants,
    has_secrets: bool,
}

/// An answer, and whether its body is all that was sent.
struct Received {
    exchange: HttpExchange,
    extent: Extent,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    /// There was no room for the rest.
    Cut,
    /// The rest did not come.
    Broken,
    Late(Late),
}

/// Why there is no answer: it was not reached (failure), something else went wrong (exception), or nobody waits for it.
#[derive(Clone, Debug)]
pub struct Lost {
    pub results: Results,
    pub why: String,
}

impl Performed {
    /// What the step says at its end.
    pub fn state_string(&self) -> String {
        http_step_state(self.results, self.status)
    }
}

impl Http {
    /// Ends early, in the way that `stop` says, when that does.
    pub(super) async fn perform<'a>(
        &self,
        (step, grants): (&'a HttpStep, &StepGrants),
        (permit, mut filler): (&Permit<'_>, Filler<'a>),
        (deadlines, stop): (Deadlines, impl Future<Output = Lost>),
    ) -> Performed {
        let clock = Clock::start(deadlines);
        let asked = Asked { step, grants, has_secrets: !permit.message().secrets().is_empty() };
        let mut received = Vec::new();
        let request = unsigned(&step.request, permit.destination(), &mut filler);
        let look = Look::of(&step.request, permit.destination(), &mut filler);
        let mut log = HttpStepLog::begin(step, |text| filler.redact(text));
        let lost = match (request, look) {
            (Ok(request), Ok(look)) => tokio::select! {
                led = self.follow(&asked, (request, &look), (&clock, &mut received)) => led,
                lost = stop => Err(lost),
            },
            (Err(sent), _) | (_, Err(sent)) => Err(Lost::exception(&sent)),
        }
        .err();
        let exchanges: Vec<HttpExchange> = received.into_iter().map(|received| redacted(received, &filler)).collect();
        let contents = exchanges.iter().map(|exchange| exchange.content.clone()).collect();
        if let Some((last, elsewhere)) = exchanges.split_last() {
            log.answered(step, (elsewhere, last));
        }
        let (results, status) = match (lost, exchanges.last()) {
            (Some(Lost { results, why }), _) => {
                log.failed(&filler.redact(why));
                (results, None)
            }
            (None, Some(last)) if last.status < 400 => (Results::Success, Some(last.status)),
            (None, last) => (Results::Failure, last.map(|last| last.status)),
        };
        Performed { results, status, log: log.take(), contents }
    }

    async fn follow(
        &self,
        asked: &Asked<'_>,
        (mut request, look): (Request, &Look),
        (clock, answers): (&Clock, &mut Vec<Received>),
    ) -> Result<(), Lost> {
        let mut used = 0;
        loop {
            let sent = sent(&request);
            let (method, url, headers) = (request.method().clone(), request.url().clone(), request.headers().clone());
            let body = request.try_clone().and_then(|mut request| request.body_mut().take());
            let answer = self.hop(request, look, (asked.grants, clock)).await?;
            let status = answer.status();
            let next = location(&answer, &url).filter(|_| asked.step.allow_redirects);
            let most = if next.is_some() { MOST_ELSEWHERE_BYTES } else { MOST_CONTENT_BYTES };
            let answer = received(answer, sent, (most.saturating_sub(used), clock)).await;
            used += answer.exchange.content.len();
            let extent = answer.extent;
            answers.push(answer);
            extent.is_kept()?;
            let Some(next) = next else { return Ok(()) };
            if answers.len() > MOST_REDIRECTS {
                return Err(Lost { results: Results::Exception, why: format!("more than {MOST_REDIRECTS} redirects") });
            }
            let same = next.origin() == url.origin();
            if asked.has_secrets && !same {
                let why = format!("it is led to {}, where its secrets may not go", next.origin().ascii_serialization());
                return Err(Lost { results: Results::Exception, why });
            }
            request = led((method, headers, body), status, (next, same));
        }
    }

    async fn hop(
        &self,
        request: Request,
        look: &Look,
        (grants, clock): (&StepGrants, &Clock),
    ) -> Result<Response, Lost> {
        let to = Destination::origin(request.url().as_str());
        let Ok(to @ Destination::HttpOrigin { .. }) = to else {
            // Not the whole: a user and a password may stand in it.
            let (scheme, host) = (request.url().scheme(), request.url().host_str().unwrap_or_default());
            let why = format!("{scheme}://{host} is, as it is written, no place for an HTTP request");
            return Err(Lost { results: Results::Exception, why });
        };
        let (host, port) = (to.host(), to.port());
        let clients = if grants.opens(&to) { &self.clients } else { &self.shut };
        // Also an address, which the client would not look up.
        let open = clients.guard().look_up(host, port, clock).await;
        open.map_err(|error| Lost { results: Results::Failure, why: closed(&error, grants, &to) })?;
        let client = clients.get(host, port, look).map_err(|sent| Lost::exception(&sent))?;
        let answer = clock.within(Step::Answer, client.execute(request)).await.map_err(Lost::late)?;
        let answer = answer.map_err(|error| {
            let why = unanswered(host, &error, true).reason.unwrap_or_default();
            Lost { results: if error.is_builder() { Results::Exception } else { Results::Failure }, why }
        })?;
        let taken: usize = answer.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if taken > MOST_HEADER_BYTES {
            let why = format!("the headers of the answer take more than {} KiB", MOST_HEADER_BYTES / 1024);
            return Err(Lost { results: Results::Exception, why });
        }
        Ok(answer)
    }
}

/// Why a place is not reached, with what helps whom.
fn closed(error: &GuardError, grants: &StepGrants, to: &Destination) -> String {
    match (error, grants) {
        (GuardError::Closed { host, address, kind, prefix, .. }, StepGrants::Everything) => {
            format!("{host}: {address} is {kind} ({prefix}), and no request of a step goes there")
        }
        (GuardError::Closed { .. }, StepGrants::Listed(_)) if !grants.opens(to) => {
            format!("{error}; a step goes there only if [[http_step]] with origin = \"{to}\" is there as well")
        }
        _ => error.to_string(),
    }
}

impl Lost {
    fn exception(sent: &Sent) -> Self {
        Self { results: Results::Exception, why: sent.reason.clone().unwrap_or_default() }
    }

    fn late(late: Late) -> Self {
        Self { results: Results::Exception, why: late.to_string() }
    }
}

impl Extent {
    /// Whether all is there that was to be kept; or what happened.
    fn is_kept(self) -> Result<(), Lost> {
        match self {
            Self::Whole | Self::Cut => Ok(()),
            Self::Broken => Err(Lost { results: Results::Exception, why: "the answer broke off".to_owned() }),
            Self::Late(late) => Err(Lost::late(late)),
        }
    }
}

/// What a request is about to send, for the log.
fn sent(request: &Request) -> HttpExchange {
    HttpExchange { url: request.url().to_string(), request_headers: shown(request.headers()), ..Default::default() }
}

async fn received(mut answer: Response, sent: HttpExchange, (room, clock): (usize, &Clock)) -> Received {
    let (status, response_headers) = (answer.status().as_u16(), shown(answer.headers()));
    let is_latin = is_latin(answer.headers());
    let mut body = Vec::new();
    let extent = clock.within(Step::Exchange, read(&mut answer, &mut body, room)).await.unwrap_or_else(Extent::Late);
    if let Some(last) = body.utf8_chunks().last().filter(|_| extent != Extent::Whole && !is_latin) {
        // Half a character would hide where something secret begins.
        body.truncate(body.len() - last.invalid().len());
    }
    let content = match is_latin {
        true => body.iter().copied().map(char::from).collect(),
        false => String::from_utf8_lossy(&body).into_owned(),
    };
    Received { exchange: HttpExchange { status, response_headers, content, ..sent }, extent }
}

/// Reads as much as there is room for. What came till it ends is there, however that is.
async fn read(answer: &mut Response, body: &mut Vec<u8>, room: usize) -> Extent {
    loop {
        let Ok(chunk) = answer.chunk().await else { return Extent::Broken };
        let Some(chunk) = chunk else { return Extent::Whole };
        let room = room - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Extent::Cut;
        }
    }
}

fn is_latin(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    ["iso-8859-1", "latin1", "latin-1"].iter().any(|charset| kind.contains(&format!("charset={charset}")))
}

/// Where an answer leads, as far as that can be read.
fn location(answer: &Response, from: &Url) -> Option<Url> {
    let leads = matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = answer.headers().get(header::LOCATION).filter(|_| leads)?;
    from.join(location.to_str().ok()?).ok()
}

/// The request that follows an answer that leads elsewhere.
fn led(
    (method, mut headers, body): (Method, HeaderMap, Option<reqwest::Body>),
    status: StatusCode,
    (next, same): (Url, bool),
) -> Request {
    let keeps = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let changes = match status {
        StatusCode::MOVED_PERMANENTLY => method == Method::POST,
        StatusCode::FOUND | StatusCode::SEE_OTHER => method != Method::HEAD,
        _ => false,
    };
    if !keeps {
        headers.remove(header::CONTENT_TYPE);
    }
    if !same {
        headers.remove(header::AUTHORIZATION);
        headers.remove(header::COOKIE);
    }
    let mut request = Request::new(if changes { Method::GET } else { method }, next);
    *request.headers_mut() = headers;
    *request.body_mut() = body.filter(|_| keeps);
    request
}

/// Headers in the spelling that people know: `Content-Type`.
fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let headers = headers.iter();
    headers
        .map(|(name, value)| (titled(name.as_str()), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

fn titled(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let mut chars = part.chars();
        chars.next().map_or_else(String::new, |first| format!("{}{}", first.to_ascii_uppercase(), chars.as_str()))
    });
    parts.collect::<Vec<_>>().join("-")
}

/// Servers like to repeat what they were sent.
fn redacted(Received { exchange, extent }: Received, filler: &Filler<'_>) -> HttpExchange {
    let headers = |headers: Vec<(String, String)>| {
        headers.into_iter().map(|(name, value)| (name, filler.redact(value))).collect()
    };
    let mut content = match extent {
        Extent::Whole => filler.redact(exchange.content),
        Extent::Cut | Extent::Broken | Extent::Late(_) => filler.redact_cut(exchange.content),
    };
    if extent == Extent::Cut {
        content.push_str(&format!("\n(what came behind these {} bytes is not kept)", content.len()));
    }
    HttpExchange {
        url: filler.redact(exchange.url),
        status: exchange.status,
        request_headers: headers(exchange.request_headers),
        response_headers: headers(exchange.response_headers),
        content,
    }
}
