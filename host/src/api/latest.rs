//! `/api/latest/…` is another name of `/api/v2/…`, for every path and method.

use super::error::Error;
use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::any;
use tower::ServiceExt;

/// The router, and the same below the other name.
pub(super) fn with_alias(router: Router) -> Router {
    let inner = router.clone();
    let alias = any(move |request: Request| forward(inner.clone(), request));
    router.route("/api/latest/", alias.clone()).route("/api/latest/{*path}", alias)
}

async fn forward(router: Router, mut request: Request) -> Response {
    let uri = request.uri().to_string().replacen("/api/latest/", "/api/v2/", 1);
    match uri.parse::<Uri>() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(_) => return Error::bad_request("the path does not read").into_response(),
    }
    router.oneshot(request).await.into_response()
}
