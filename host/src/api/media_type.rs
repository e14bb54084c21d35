//! What kind of body a request says it has. Not here: which kind a route takes.
//!
//! A page of another site can make a browser send text or a form without asking first, but no other kind: so each route
//! takes one that is neither.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

pub(super) const JSON: &str = "application/json";

/// Whether the body is of the kind. Its parameters, such as a charset, do not count.
pub(super) fn is(headers: &HeaderMap, kind: &str) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|said| said.to_str().ok()).unwrap_or_default();
    said.split(';').next().is_some_and(|said| said.trim().eq_ignore_ascii_case(kind))
}
