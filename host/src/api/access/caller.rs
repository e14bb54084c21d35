//! Who a request comes from: found once, before any route, and handed on with the request.
//!
//! No token is written anywhere from here, not even a wrong one.

use super::host_name::OwnNames;
use super::tokens::Holder;
use super::tokens::Known;
use super::tokens::Tokens;
use crate::api::error::Error;
use crate::config::Server;
use crate::model::Scope;
use crate::model::TOKEN_PREFIX;
use crate::model::TokenHash;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::sync::Arc;

/// What Buildbot calls who did not say who they are.
const ANONYMOUS: &str = "anonymous";

/// What the door of the host knows. Cheap to clone.
#[derive(Clone)]
pub(in crate::api) struct Doorkeeper {
    tokens: Tokens,
    names: OwnNames,
    anonymous_read: bool,
}

impl Doorkeeper {
    pub(in crate::api) fn new(tokens: Tokens, server: &Server) -> Self {
        Self { tokens, names: OwnNames::of(server), anonymous_read: server.anonymous_read }
    }

    /// Finds the caller, and hands it on with the request. A token that is not known is refused everywhere, rather than
    /// taken for none.
    ///
    /// Without a token the request must be meant for this host: see [`OwnNames`].
    pub(in crate::api) fn identify(&self, request: &mut Request) -> Result<(), Error> {
        let who = match bearer(request.headers()) {
            Bearer::None => {
                let needed = self.tokens.needed();
                self.names.check(request.headers(), needed)?;
                if needed { Who::Nobody } else { Who::Anybody }
            }
            Bearer::Unreadable => return Err(Error::unknown_token()),
            Bearer::Token(token) => {
                let hash = TokenHash::of(&token);
                Who::Holder(hash, self.tokens.holder(&hash).ok_or_else(Error::unknown_token)?)
            }
        };
        request.extensions_mut().insert(Caller { who, door: self.clone() });
        Ok(())
    }
}

/// Who asks, and what they may do. Every handler finds one with its request.
#[derive(Clone)]
pub(in crate::api) struct Caller {
    who: Who,
    door: Doorkeeper,
}

#[derive(Clone)]
enum Who {
    /// There are no tokens: whoever reaches the host.
    Anybody,
    /// There are tokens, and this request has none.
    Nobody,
    Holder(TokenHash, Arc<Holder>),
}

impl Caller {
    /// The name in which control calls are done.
    pub(in crate::api) fn owner(&self) -> &str {
        match &self.who {
            Who::Anybody | Who::Nobody => ANONYMOUS,
            Who::Holder(_, holder) => match holder.as_ref() {
                Holder::Named(name, _) => name.as_str(),
                Holder::Operator => "operator",
            },
        }
    }

    /// Whether the caller is more than a passer-by.
    pub(in crate::api) fn is_trusted(&self) -> bool {
        self.needs(Scope::Read).is_ok()
    }

    /// That the caller may do what the scope allows, by a token.
    pub(in crate::api) fn needs(&self, scope: Scope) -> Result<(), Error> {
        match &self.who {
            Who::Anybody => Ok(()),
            Who::Nobody => Err(Error::no_token(scope)),
            Who::Holder(_, holder) => match holder.as_ref() {
                Holder::Operator => Ok(()),
                Holder::Named(_, scopes) if scopes.allow(scope) => Ok(()),
                Holder::Named(name, scopes) => Err(Error::lacks_scope(name, scopes, scope)),
            },
        }
    }

    /// That the caller may read what is public where reading is open.
    pub(super) fn needs_reading(&self) -> Result<(), Error> {
        match self.who {
            // Who holds a token may what everybody may.
            Who::Nobody | Who::Holder(..) if self.door.anonymous_read => Ok(()),
            Who::Anybody | Who::Nobody | Who::Holder(..) => self.needs(Scope::Read),
        }
    }

    /// Returns when the caller may no longer do what it could when it came: its token was revoked, or the first token
    /// was made and it has none. Who gives out a stream ends it then.
    pub(in crate::api) async fn shown_out(&self) {
        let mut known = self.door.tokens.known();
        // The sender lives in `door`, so an error cannot come; if it did, nobody could vouch for the caller.
        let _ = known.wait_for(|known| !self.still_in(known)).await;
    }

    fn still_in(&self, known: &Known) -> bool {
        match &self.who {
            Who::Anybody => !known.needed || self.door.anonymous_read,
            Who::Nobody => true,
            Who::Holder(hash, _) => known.holders.contains_key(hash),
        }
    }
}

enum Bearer {
    None,
    Unreadable,
    Token(String),
}

/// The token of a request: as it is, or as the password of who can send no other. Other schemes and other passwords
/// belong to a proxy in front.
fn bearer(headers: &HeaderMap) -> Bearer {
    let mut found = Bearer::None;
    for header in headers.get_all(AUTHORIZATION) {
        let Ok(text) = header.to_str() else { return Bearer::Unreadable };
        let (scheme, credentials) = text.split_once(' ').unwrap_or((text, ""));
        let token = match scheme {
            scheme if scheme.eq_ignore_ascii_case("bearer") => credentials.trim().to_owned(),
            scheme if scheme.eq_ignore_ascii_case("basic") => match password(credentials.trim()) {
                Some(password) if password.starts_with(TOKEN_PREFIX) => password,
                _ => continue,
            },
            _ => continue,
        };
        found = match found {
            Bearer::None => Bearer::Token(token),
            Bearer::Token(_) | Bearer::Unreadable => return Bearer::Unreadable,
        };
    }
    found
}

/// The password of Basic credentials (RFC 7617).
fn password(credentials: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_STANDARD.decode(credentials).ok()?).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}
