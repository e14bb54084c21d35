//! What a dialect wants to read: several at once, each within the grants of its hook, all within a time and a size.
//!
//! What cannot be had is no failure: the plugin is told so, and the log says why.

use crate::api::State;
use crate::model::Fetched;
use crate::model::HttpRequest;
use crate::model::Message;
use crate::model::Millis;
use crate::plugin::ChangeHook;
use futures_util::StreamExt;
use futures_util::stream;
use std::time::Duration;

/// Who sent the request waits meanwhile, and GitHub for ten seconds.
const LONGEST: Duration = Duration::from_secs(4);

/// Under way at once.
const AT_ONCE: usize = 4;

/// What may come back of all that one request asks for: the plugin holds it in its memory.
const MOST_BYTES: usize = 12 * 1024 * 1024;

/// In the order of what is wanted. `fetched`: what came back earlier.
pub(super) async fn fetch(
    state: &State,
    hook: &ChangeHook,
    (wanted, fetched): (Vec<HttpRequest>, &[Fetched]),
    now: Millis,
) -> Vec<Fetched> {
    let one = |request| async move { one(state, hook, request, now).await };
    let came: Vec<Fetched> = stream::iter(wanted.into_iter().map(one)).buffered(AT_ONCE).collect().await;
    let mut room = MOST_BYTES.saturating_sub(fetched.iter().map(|fetched| fetched.body.len()).sum());
    let fitting = came.into_iter().map(|fetched| match room.checked_sub(fetched.body.len()) {
        Some(left) => {
            room = left;
            fetched
        }
        None => Fetched::default(),
    });
    fitting.collect()
}

async fn one(state: &State, hook: &ChangeHook, request: HttpRequest, now: Millis) -> Fetched {
    let message = Message::Http(request);
    let permitted = hook.grants.permit(&message).map_err(|denied| denied.to_string());
    let came = match permitted {
        Ok(permit) => {
            let reading = state.transports.fetch(&permit, &hook.dialect, now);
            tokio::time::timeout(LONGEST, reading).await.unwrap_or_else(|_| Err("it takes too long".to_owned()))
        }
        Err(denied) => Err(denied),
    };
    came.unwrap_or_else(|reason| {
        tracing::warn!(dialect = hook.dialect, reason, "what a change hook wanted to read could not be had");
        Fetched::default()
    })
}
