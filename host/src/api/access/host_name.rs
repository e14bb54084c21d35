//! Whom a request asks for: this host under one of its names, or it is refused.
//!
//! A web page can make a browser send requests here as if they were its own: its owner lets the page's name lead to this
//! address (DNS rebinding), and then the browser takes this host for the page's. But it still says the page's name. So
//! requests that need no token must say a name of ours; a page has no token, so who sends one may call us what they like.

use crate::api::error::Error;
use crate::config::Server;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use std::net::IpAddr;
use std::sync::Arc;
use url::Url;

/// Whom a request asks for that is not us.
#[derive(Clone, Debug)]
pub(in crate::api) struct Misnamed(String);

impl From<Misnamed> for Error {
    fn from(Misnamed(message): Misnamed) -> Self {
        Self::forbidden(message)
    }
}

/// The name in `[server] url`, and `[server] names`.
#[derive(Clone)]
pub(super) struct OwnNames(Arc<[String]>);

impl OwnNames {
    pub(super) fn of(server: &Server) -> Self {
        let url = Url::parse(&server.url).ok();
        let own = url.as_ref().and_then(Url::host_str).into_iter();
        Self(own.chain(server.names.iter().map(String::as_str)).map(plain).collect())
    }

    /// That the request is meant for this host. An address cannot be led elsewhere, so it is no page's name; while
    /// there are no tokens only loopback is served.
    pub(super) fn check(&self, headers: &HeaderMap, has_tokens: bool) -> Result<(), Misnamed> {
        let name = asked_for(headers).unwrap_or_default();
        let is_ours = match name.parse::<IpAddr>() {
            Ok(address) => has_tokens || address.to_canonical().is_loopback(),
            Err(_) => name == "localhost" || self.0.contains(&name),
        };
        if is_ours {
            return Ok(());
        }
        Err(Misnamed(format!(
            "the header Host says {name:?}, which is no name of this host: ask for 127.0.0.1 or localhost, put the name into [server] url or names, or send a token"
        )))
    }
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
