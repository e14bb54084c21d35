//! What holds for every answer: a handler that panics is an answer too, and browsers take answers for what they are.

use super::error::Error;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::FutureExt;
use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

/// A log of type `h` is a page that somebody's build wrote: it may look as it likes, and do nothing.
const POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
);

/// Around everything: `is_data` where the answer is the API's and no page of ours.
pub(super) async fn around(is_data: bool, answer: impl Future<Output = Response>) -> Response {
    // Nothing is shared with the handler but what the store and locks keep whole.
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    let mut response = answer.unwrap_or_else(|panic| Error::internal(&words(&*panic)).into_response());
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_data {
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(POLICY);
    }
    response
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn broken() -> Response {
        panic!("the roof is open");
    }

    #[tokio::test]
    async fn a_panic_is_answered() {
        let answer = around(true, broken()).await;
        assert_eq!(answer.status(), 500);
        let body = axum::body::to_bytes(answer.into_body(), 1000).await.expect("a body");
        assert_eq!(body, "{\"error\":\"the host failed; its log says more\"}");
    }
}
