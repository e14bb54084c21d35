//! Whom a request asks for: this host under one of its names, or it is refused.
//!
//! There are no tokens, so every page that a browser shows on this machine could write here if it looked like ours. A
//! page can: its owner lets the page's name lead to 127.0.0.1 (DNS rebinding), and then the browser takes this host for
//! the page's own. But it still says the page's name.

use super::error::Error;
use axum::extract::Request;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;
use std::sync::Arc;
use url::Url;

/// The name in `[server] url`, which a proxy in front may pass on.
#[derive(Clone)]
pub(super) struct OwnName(Option<Arc<str>>);

impl OwnName {
    pub(super) fn of(url: &str) -> Self {
        let url = Url::parse(url).ok();
        Self(url.as_ref().and_then(Url::host_str).map(|host| plain(host).into()))
    }

    fn is(&self, name: &str) -> bool {
        let loopback = name.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback());
        loopback || name == "localhost" || self.0.as_deref() == Some(name)
    }
}

/// Lets requests to this host through, and no others.
pub(super) async fn check(Shared(own): Shared<OwnName>, request: Request, next: Next) -> Result<Response, Error> {
    let name = asked_for(request.headers());
    if name.as_deref().is_some_and(|name| own.is(name)) {
        return Ok(next.run(request).await);
    }
    let name = name.unwrap_or_default();
    Err(Error::forbidden(format!(
        "the header Host says {name:?}, which is no name of this host: ask for 127.0.0.1 or localhost, or put the name into [server] url"
    )))
}

/// The name without its port. Nothing when there is none, or more than one.
fn asked_for(headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    let authority: Authority = host.to_str().ok()?.parse().ok()?;
    Some(plain(authority.host()))
}

/// One spelling for each name: `[::1]` is `::1`, `CI.example.org.` is `ci.example.org`.
fn plain(host: &str) -> String {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
}
