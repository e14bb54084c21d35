//! Digests of what was sent: who sends much keeps no other request waiting meanwhile.

use crate::api::access::Gathered;
use crate::api::error::Error;
use tokio::task::spawn_blocking;

/// Hashed at once; more takes longer than a task may keep its thread.
const MOST_BYTES_AT_ONCE: usize = 256 * 1024;

/// What was sent, with what `hash` makes of its bytes. They keep their room until it is done, whoever waits.
pub(super) async fn over<T: Send + 'static>(
    sent: Gathered,
    hash: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Result<(Gathered, T), Error> {
    let is_large = sent.bytes.len() > MOST_BYTES_AT_ONCE;
    let work = move || {
        let hashed = hash(&sent.bytes);
        (sent, hashed)
    };
    match is_large {
        true => spawn_blocking(work).await.map_err(|error| Error::internal(&error)),
        false => Ok(work()),
    }
}
