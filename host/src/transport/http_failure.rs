//! Why there is no answer, and what that means for a delivery.

use super::cause::chain;
use super::cause::root;
use super::guard::GuardError;
use super::outcome::Sent;
use std::error::Error;
use std::io;

/// A request that never left, or changes nothing, may be sent again; any other may have had its effect.
pub(super) fn unanswered(host: &str, e: &reqwest::Error, harmless: bool) -> Sent {
    if let Some(guard) = chain(e).find_map(|cause| cause.downcast_ref::<GuardError>()) {
        return not_reached(guard);
    }
    // Only the root, because what is above it repeats the URL, which may have a secret in it.
    let cause = root(e);
    if e.is_builder() {
        return Sent::refused(format!("this is no request that can be sent: {cause}"));
    }
    match e.is_connect() {
        true if is_tls(cause) => Sent::failed(format!("TLS with {host}: {cause}")),
        true => Sent::failed(format!("connecting to {host}: {cause}")),
        false => lost(format!("no answer: {cause}"), harmless),
    }
}

pub(super) fn lost(reason: impl ToString, harmless: bool) -> Sent {
    if harmless { Sent::failed(reason) } else { Sent::unknown(reason) }
}

pub(super) fn not_reached(e: &GuardError) -> Sent {
    if e.is_closed() { Sent::refused(e) } else { Sent::failed(e) }
}

/// Errors of TLS come wrapped, in errors of input and output that do not give them as their source.
fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    cause.is::<rustls::Error>() || wrapped.is_some_and(|inner| is_tls(inner))
}
