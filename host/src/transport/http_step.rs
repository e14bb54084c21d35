//! The request of a step: made once, followed where it is led, and told as a log.
//!
//! As Python's requests does it: 301, 302 and 303 lead to a GET, 307 and 308 keep the method; credentials stay at their
//! origin. Invariant: a request that has secrets is not led to another origin.

use super::deadlines::Clock;
use super::deadlines::Deadlines;
use super::deadlines::Late;
use super::deadlines::Step;
use super::fill::Filler;
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
use http::HeaderMap;
use http::Method;
use http::StatusCode;
use http::header;
use reqwest::Request;
use reqwest::Response;
use url::Url;

/// So often a request is led elsewhere.
const MOST_REDIRECTS: usize = 30;

/// The most of a body that is kept.
const MOST_CONTENT_BYTES: usize = 1024 * 1024;

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

/// Why there is no answer: it was not reached (failure), or something else went wrong (exception).
struct Lost {
    results: Results,
    why: String,
}

impl Performed {
    /// What the step says at its end, as Buildbot has it.
    pub fn state_string(&self) -> String {
        let said = self.status.map_or_else(|| "Requested".to_owned(), |status| format!("Status code: {status}"));
        match self.results {
            Results::Success => said,
            other => format!("{said} ({})", other.name()),
        }
    }
}

impl Http {
    pub(super) async fn perform<'a>(
        &self,
        step: &'a HttpStep,
        (permit, mut filler): (&Permit<'_>, Filler<'a>),
        deadlines: Deadlines,
    ) -> Performed {
        let clock = Clock::start(deadlines);
        let has_secrets = !permit.message().secrets().is_empty();
        let mut exchanges = Vec::new();
        let request = unsigned(&step.request, permit.destination(), &mut filler);
        let look = Look::of(&step.request, permit.destination(), &mut filler);
        let mut log = HttpStepLog::begin(step, |text| filler.redact(text));
        let lost = match (request, look) {
            (Ok(request), Ok(look)) => {
                self.follow((step, has_secrets), (request, &look), (&clock, &mut exchanges)).await
            }
            (Err(sent), _) | (_, Err(sent)) => Err(Lost::exception(&sent)),
        }
        .err();
        let exchanges: Vec<HttpExchange> = exchanges.into_iter().map(|exchange| redacted(exchange, &filler)).collect();
        let contents = exchanges.iter().map(|exchange| exchange.content.clone()).collect();
        match (lost, exchanges.split_last()) {
            (Some(Lost { results, why }), _) => {
                log.failed(&filler.redact(why));
                Performed { results, status: None, log: log.take(), contents: Vec::new() }
            }
            (None, Some((last, elsewhere))) => {
                log.answered(step, (elsewhere, last));
                let results = if last.status < 400 { Results::Success } else { Results::Failure };
                Performed { results, status: Some(last.status), log: log.take(), contents }
            }
            (None, None) => Performed { results: Results::Exception, status: None, log: log.take(), contents },
        }
    }

    async fn follow(
        &self,
        (step, has_secrets): (&HttpStep, bool),
        (mut request, look): (Request, &Look),
        (clock, exchanges): (&Clock, &mut Vec<HttpExchange>),
    ) -> Result<(), Lost> {
        loop {
            let sent = sent(&request);
            let (method, url, headers) = (request.method().clone(), request.url().clone(), request.headers().clone());
            let body = request.try_clone().and_then(|mut request| request.body_mut().take());
            let answer = self.hop(request, look, clock).await?;
            let (status, location) = (answer.status(), location(&answer, &url));
            exchanges.push(received(answer, sent, clock).await);
            let Some(next) = location.filter(|_| step.allow_redirects) else { return Ok(()) };
            if exchanges.len() > MOST_REDIRECTS {
                return Err(Lost { results: Results::Exception, why: format!("more than {MOST_REDIRECTS} redirects") });
            }
            let same = next.origin() == url.origin();
            if has_secrets && !same {
                let why = format!("it is led to {}, where its secrets may not go", next.origin().ascii_serialization());
                return Err(Lost { results: Results::Exception, why });
            }
            request = led((method, headers, body), status, (next, same));
        }
    }

    async fn hop(&self, request: Request, look: &Look, clock: &Clock) -> Result<Response, Lost> {
        let to = Destination::origin(request.url().as_str());
        let Ok(Destination::HttpOrigin { host, port, .. }) = to else {
            let why = format!("{} is no place for an HTTP request", request.url());
            return Err(Lost { results: Results::Exception, why });
        };
        // Also an address, which the client would not look up.
        let open = self.clients.guard().look_up(&host, port, clock).await;
        open.map_err(|error| Lost { results: Results::Failure, why: error.to_string() })?;
        let client = self.clients.get(&host, port, look).map_err(|sent| Lost::exception(&sent))?;
        let answer = clock.within(Step::Answer, client.execute(request)).await.map_err(Lost::late)?;
        answer.map_err(|error| {
            let why = unanswered(&host, &error, true).reason.unwrap_or_default();
            let results = if error.is_connect() || !error.is_builder() { Results::Failure } else { Results::Exception };
            Lost { results, why }
        })
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

/// What a request is about to send, for the log.
fn sent(request: &Request) -> HttpExchange {
    HttpExchange { url: request.url().to_string(), request_headers: shown(request.headers()), ..Default::default() }
}

async fn received(mut answer: Response, sent: HttpExchange, clock: &Clock) -> HttpExchange {
    let (status, response_headers) = (answer.status().as_u16(), shown(answer.headers()));
    let is_latin = is_latin(answer.headers());
    let mut body = Vec::new();
    // What came till then is kept.
    let whole = clock.within(Step::Exchange, read(&mut answer, &mut body)).await.unwrap_or(false);
    let mut content: String = match is_latin {
        true => body.iter().copied().map(char::from).collect(),
        false => String::from_utf8_lossy(&body).into_owned(),
    };
    if !whole {
        content.push_str(&format!("\n(what came behind these {} bytes is not kept)", body.len()));
    }
    HttpExchange { status, response_headers, content, ..sent }
}

/// Tells whether that was all.
async fn read(answer: &mut Response, body: &mut Vec<u8>) -> bool {
    while let Ok(chunk) = answer.chunk().await {
        let Some(chunk) = chunk else { return true };
        let room = MOST_CONTENT_BYTES - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return false;
        }
    }
    false
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
fn redacted(exchange: HttpExchange, filler: &Filler<'_>) -> HttpExchange {
    let headers = |headers: Vec<(String, String)>| {
        headers.into_iter().map(|(name, value)| (name, filler.redact(value))).collect()
    };
    HttpExchange {
        url: filler.redact(exchange.url),
        status: exchange.status,
        request_headers: headers(exchange.request_headers),
        response_headers: headers(exchange.response_headers),
        content: filler.redact(exchange.content),
    }
}
