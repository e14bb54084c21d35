//! Which web pages may use the API: those of the host itself, of `[server] url`, and whom `allowed_origins` names.
//!
//! A browser says with `Origin` which page asks. As Buildbot has it, a page that is not allowed is refused rather than
//! only kept from reading the answer: so no page of another site can write here, or listen on a WebSocket.

use super::error::Error;
use crate::config::Server;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::header::ACCESS_CONTROL_ALLOW_HEADERS;
use axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use axum::http::header::ACCESS_CONTROL_MAX_AGE;
use axum::http::header::ACCESS_CONTROL_REQUEST_METHOD;
use axum::http::header::HOST;
use axum::http::header::ORIGIN;
use axum::http::header::VARY;
use axum::response::Response;
use glob::Pattern;
use std::sync::Arc;
use url::Url;

/// For so long a browser need not ask again, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

/// What a page may send besides what browsers always may.
const HEADERS: HeaderValue = HeaderValue::from_static("Content-Type, Authorization, Idempotency-Key, Last-Event-ID");

#[derive(Clone)]
pub(super) struct Origins(Arc<[Pattern]>);

/// Stands with a request of a page that is not allowed; its route refuses it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Foreign(pub(super) String);

impl Origins {
    pub(super) fn of(server: &Server) -> Self {
        let own = || Url::parse(&server.url).map(|url| url.origin().ascii_serialization()).into_iter();
        let named = server.allowed_origins.iter().flatten().map(|origin| origin.to_ascii_lowercase());
        // What is no pattern was told as a problem of the configuration.
        let patterns = |origin: String| Pattern::new(&origin).ok();
        match server.allowed_origins {
            Some(_) => Self(named.filter_map(patterns).collect()),
            None => Self(own().filter_map(patterns).collect()),
        }
    }

    /// Which page asks. Refuses what a browser asks for one that is not allowed, and marks what such a page asks.
    pub(super) fn page(&self, request: &mut Request) -> Result<Page, Error> {
        let asks_first = request.method() == Method::OPTIONS;
        match self.allowed(request.headers()) {
            Ok(None) => Ok(Page::None),
            Ok(Some(origin)) if asks_first => may_ask(request.headers()).map(|()| Page::Asking(origin)),
            Ok(Some(origin)) => Ok(Page::Allowed(origin)),
            Err(foreign) if asks_first => Err(foreign.into()),
            Err(foreign) => {
                request.extensions_mut().insert(foreign);
                Ok(Page::None)
            }
        }
    }

    /// The origin, spelt as it is allowed; nothing where no page asks.
    fn allowed(&self, headers: &HeaderMap) -> Result<Option<String>, Foreign> {
        let mut said = headers.get_all(ORIGIN).iter();
        let (Some(origin), more) = (said.next(), said.next()) else { return Ok(None) };
        let text = String::from_utf8_lossy(origin.as_bytes()).to_ascii_lowercase();
        let is_allowed = self.0.iter().any(|pattern| pattern.matches(&text)) || is_own(&text, headers);
        if is_allowed && more.is_none() { Ok(Some(text)) } else { Err(Foreign(text)) }
    }
}

/// Whether a page asks that did not come from here, whatever is allowed.
pub(super) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get_all(ORIGIN).iter().any(|origin| {
        let origin = String::from_utf8_lossy(origin.as_bytes()).to_ascii_lowercase();
        !is_own(&origin, headers)
    })
}

/// Whether the page came from where it asks. Whether that is us, the door has looked at.
fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let page = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    page.zip(host).is_some_and(|(page, host)| page.eq_ignore_ascii_case(host))
}

/// The page that a request comes from.
pub(super) enum Page {
    /// None: a program asks. Or one that is not allowed, and stands with the request as [`Foreign`].
    None,
    /// An allowed one, by its origin.
    Allowed(String),
    /// An allowed one, whose browser asks first whether it may ask.
    Asking(String),
}

impl Page {
    /// Marks the answer as one that the page may read.
    pub(super) fn mark(self, response: &mut Response) {
        let (Self::Allowed(origin) | Self::Asking(origin)) = self else { return };
        let headers = response.headers_mut();
        // Only what can stand in a header was allowed: it came in one.
        if let Ok(origin) = HeaderValue::try_from(origin) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
}

fn may_ask(headers: &HeaderMap) -> Result<(), Error> {
    let method = headers.get(ACCESS_CONTROL_REQUEST_METHOD).map(HeaderValue::as_bytes).unwrap_or_default();
    match method {
        b"GET" | b"POST" | b"HEAD" => Ok(()),
        other => {
            let other = String::from_utf8_lossy(other).into_owned();
            Err(Error::bad_request(format!("invalid method {other:?} in access-control-request-method")))
        }
    }
}

impl From<Foreign> for Error {
    fn from(Foreign(origin): Foreign) -> Self {
        Self::bad_request(format!("invalid origin {origin:?}: [server] allowed_origins does not name it"))
    }
}
