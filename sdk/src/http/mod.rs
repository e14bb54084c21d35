//! What reporters share that speak HTTP: addresses, requests, and the settings that say who asks and whom to believe.
//!
//! A request is built from its address on: `HttpRequest::post(literal(join(base, "/status"))).json(…)`. The settings
//! are types that know their schema, marks and all: [`Login`] for `auth`, [`Verify`] for `verify`, [`Headers`]; an
//! [`Access`] puts what they say onto a request.
//!
//! Not here: signatures, tokens and certificates themselves, which are the host's.

mod access;
mod headers;
mod login;
mod request;
mod url;
mod verify;

pub use access::Access;
pub use headers::Headers;
pub use login::Login;
pub use url::join;
pub use verify::Verify;
