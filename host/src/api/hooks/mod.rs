//! Change hooks: `GET` and `POST /change_hook/{dialect}`. What a forge sends becomes changes, all or none.
//!
//! Who calls is found out before a plugin sees a byte, and as far as the head shows it, before a byte of the body is read;
//! the body is parsed in the sandbox; what is to be read besides, the host reads. A repeated request, by the id of its
//! delivery, adds nothing, and nobody is asked about it.
//!
//! Not here: which dialects there are and how they know their callers (`app`), what a payload means (the plugins).

mod answers;
mod asking;
mod callers;
mod deliveries;
mod dialects;
mod fetching;
mod fruitless;
mod hashing;

pub use dialects::Hooks;
pub use fetching::READING_TIME;

use self::deliveries::Delivery;
use self::dialects::Dialect;
use super::State;
use super::access::Gathered;
use super::clock;
use super::error::Error;
use crate::model::HookRequest;
use crate::plugin::ChangeHook;
use axum::body::Body;
use axum::extract::Request;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::Response;
use url::form_urlencoded;

/// Where all of them are.
pub(super) const ROOT: &str = "/change_hook";

/// All places: what follows the dialect counts nothing.
pub(super) const PLACES: [&str; 5] =
    [ROOT, "/change_hook/", "/change_hook/{dialect}", "/change_hook/{dialect}/", "/change_hook/{dialect}/{*more}"];

/// The dialect where none is named.
const USUAL: &str = "base";

/// Whether a path leads here.
pub(super) fn is_below_root(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whatever comes to a change hook.
pub(super) async fn take(Shared(state): Shared<State>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    answered(&state, &head, body).await.unwrap_or_else(Error::into_words)
}

async fn answered(state: &State, head: &Parts, body: Body) -> Result<Response, Error> {
    // Axum hands a HEAD to what takes a GET, and asking for a head changes nothing.
    if head.method == Method::HEAD {
        return Err(Error::wrong_method());
    }
    let dialect = state.hooks.get(dialect(head.uri.path()))?;
    let promise = callers::look(&dialect.hook, state.transports.secrets(), head)?;
    // The body of a GET is not looked at.
    let sent = match head.method {
        Method::POST => state.hooks.bounds().whole(body).await?,
        _ => Gathered::default(),
    };
    let sent = promise.kept(sent).await?;
    state.hooks.bounds().in_time(meant(state, dialect, (head, sent))).await?
}

/// Whoever calls may.
async fn meant(state: &State, dialect: &Dialect, (head, sent): (&Parts, Gathered)) -> Result<Response, Error> {
    let now = clock::now();
    let (sent, delivery) = Delivery::of(dialect, head, sent).await?;
    if let Some(delivery) = &delivery
        && let Some(count) = delivery.answered(state, dialect, now.seconds()).await?
    {
        return Ok(answers::again(count));
    }
    let Gathered { bytes, room: _held } = sent;
    let request = HookRequest { received_at: now.seconds(), ..told(&dialect.hook, head, bytes) };
    let outcome = asking::ask(state, dialect, request, now).await?;
    answers::done(state, dialect, (outcome, delivery.as_ref()), now.seconds()).await
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
fn told(hook: &ChangeHook, head: &Parts, body: Vec<u8>) -> HookRequest {
    let query = head.uri.query().unwrap_or_default();
    let header = |name: &String| Some((name.clone(), text(&head.headers, name)?));
    HookRequest {
        method: head.method.as_str().to_owned(),
        headers: hook.description.headers.iter().filter_map(header).collect(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        content_type: text(&head.headers, CONTENT_TYPE.as_str()).unwrap_or_default(),
        body,
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
