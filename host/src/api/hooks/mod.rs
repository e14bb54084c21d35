//! Change hooks: `GET` and `POST /change_hook/{dialect}`. What a forge sends becomes changes, all or none.
//!
//! Who calls is found out before a plugin sees a byte; the body is parsed in the sandbox; what is to be read besides, the
//! host reads. A repeated request, by the id of its delivery, adds nothing.
//!
//! Not here: which dialects there are and how they know their callers (`app`), what a payload means (the plugins).

mod answers;
mod asking;
mod callers;
mod fetching;

use super::State;
use super::clock;
use super::error::Error;
use crate::model::HookOutcome;
use crate::model::HookRequest;
use crate::plugin::Caller;
use crate::plugin::ChangeHook;
use axum::body::Bytes;
use axum::extract::Request;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;
use url::form_urlencoded;

/// Where all of them are.
pub(super) const ROOT: &str = "/change_hook";

/// All places: what follows the dialect counts nothing.
pub(super) const PLACES: [&str; 5] =
    [ROOT, "/change_hook/", "/change_hook/{dialect}", "/change_hook/{dialect}/", "/change_hook/{dialect}/{*more}"];

/// The dialect where none is named.
const USUAL: &str = "base";

/// Hooks that are parsed at once: they leave turns to the reporters.
const MOST_AT_ONCE: usize = 8;

/// The dialects that are enabled, and who calls their plugins. Cheap to clone.
#[derive(Clone)]
pub struct Hooks {
    caller: Caller,
    dialects: Arc<BTreeMap<String, Arc<ChangeHook>>>,
    turns: Arc<Semaphore>,
}

impl Hooks {
    pub fn new(caller: Caller, dialects: Arc<BTreeMap<String, Arc<ChangeHook>>>) -> Self {
        Self { caller, dialects, turns: Arc::new(Semaphore::new(MOST_AT_ONCE)) }
    }

    fn get(&self, dialect: &str) -> Result<&Arc<ChangeHook>, Error> {
        let missing = || {
            let message = format!("The dialect specified, '{dialect}', is not enabled: it needs a [[change_hook]]");
            Error::not_found(message)
        };
        self.dialects.get(dialect).ok_or_else(missing)
    }
}

/// Whether a path leads here.
pub(super) fn is_below_root(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whatever comes to a change hook.
pub(super) async fn take(Shared(state): Shared<State>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    // The gate gathered it, within its bounds; that of a GET is not looked at.
    let body = match head.method {
        Method::POST => axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default(),
        _ => Bytes::new(),
    };
    answered(&state, &head, body).await.unwrap_or_else(Error::into_words)
}

async fn answered(state: &State, head: &Parts, body: Bytes) -> Result<Response, Error> {
    // Axum hands a HEAD to what takes a GET, and asking for a head changes nothing.
    if head.method == Method::HEAD {
        return Err(Error::wrong_method());
    }
    let hook = state.hooks.get(dialect(head.uri.path()))?;
    callers::check(hook, state.transports.secrets(), (head, &body))?;
    let key = answers::key(hook, (head, &body))?;
    let now = clock::now();
    let request = HookRequest { received_at: now.seconds(), ..told(hook, head, body) };
    match asking::ask(state, hook, request, now).await? {
        HookOutcome::Changes(changes) => answers::add(state, now.seconds(), (key, changes)).await,
        HookOutcome::Poke(poke) => answers::poke(state, now.seconds(), poke).await,
        HookOutcome::Fetch(_) => Err(Error::hook_failed()),
    }
    .map(IntoResponse::into_response)
}

/// What stands behind the root; whatever follows it counts nothing.
fn dialect(path: &str) -> &str {
    let rest = path.strip_prefix(ROOT).unwrap_or_default().trim_start_matches('/');
    match rest.split('/').next() {
        None | Some("") => USUAL,
        Some(dialect) => dialect,
    }
}

/// What the dialect is told: of the headers, those that it asks for.
fn told(hook: &ChangeHook, head: &Parts, body: Bytes) -> HookRequest {
    let query = head.uri.query().unwrap_or_default();
    let header = |name: &String| Some((name.clone(), text(&head.headers, name)?));
    HookRequest {
        method: head.method.as_str().to_owned(),
        headers: hook.description.headers.iter().filter_map(header).collect(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        content_type: text(&head.headers, CONTENT_TYPE.as_str()).unwrap_or_default(),
        body: body.into(),
        received_at: Default::default(),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_dialect_counts_nothing() {
        let check = |path: &str, expected: &str| assert_eq!(dialect(path), expected, "{path}");
        check("/change_hook", "base");
        check("/change_hook/", "base");
        check("/change_hook/github", "github");
        check("/change_hook/github/", "github");
        check("/change_hook/github/x/y", "github");
        check("/change_hook/git-hub", "git-hub");
        assert!(is_below_root("/change_hook") && is_below_root("/change_hook/x"));
        assert!(!is_below_root("/change_hooks") && !is_below_root("/api/change_hook"));
    }
}
