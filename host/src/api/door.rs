//! The way of every request to its route: from which page it comes and who asks is found out, in one layer for all.

use super::access::Doorkeeper;
use super::error::Error;
use super::origins::Origins;
use super::origins::Page;
use super::rails;
use crate::config::Server;
use axum::extract::Request;
use axum::extract::State as Shared;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use std::sync::Arc;

/// Cheap to clone: each request does so.
#[derive(Clone)]
pub(super) struct Door(Arc<Parts>);

struct Parts {
    origins: Origins,
    keeper: Doorkeeper,
}

impl Door {
    pub(super) fn new(keeper: Doorkeeper, server: &Server) -> Self {
        Self(Arc::new(Parts { origins: Origins::of(server), keeper }))
    }

    async fn lead(&self, mut request: Request, next: Next) -> Result<Response, Error> {
        let page = self.0.origins.page(&mut request)?;
        let mut response = match (&page, self.0.keeper.identify(&mut request)) {
            (Page::Asking(_), _) => ().into_response(),
            (Page::None | Page::Allowed(_), Ok(())) => next.run(request).await,
            (Page::None | Page::Allowed(_), Err(error)) => error.into_response(),
        };
        page.mark(&mut response);
        Ok(response)
    }
}

/// Through the door and back.
pub(super) async fn pass(Shared(door): Shared<Door>, request: Request, next: Next) -> Response {
    let is_data = request.uri().path().starts_with("/api");
    rails::around(is_data, async { door.lead(request, next).await.into_response() }).await
}
