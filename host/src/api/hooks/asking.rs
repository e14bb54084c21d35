//! Asking the plugin of a dialect what a request means, and reading for it what it wants to read first.

use super::fetching;
use crate::api::State;
use crate::api::error::Error;
use crate::model::HookOutcome;
use crate::model::HookRequest;
use crate::model::Millis;
use crate::plugin::CallError;
use crate::plugin::ChangeHook;

/// So often a plugin may ask for more to read.
const MOST_ROUNDS: usize = 2;

/// Changes or a poke: what is to be read was read.
pub(super) async fn ask(
    state: &State,
    hook: &ChangeHook,
    request: HookRequest,
    now: Millis,
) -> Result<HookOutcome, Error> {
    let mut fetched = Vec::new();
    for _ in 0..=MOST_ROUNDS {
        let report = {
            let _turn = state.hooks.turns.acquire().await;
            hook.changes(&state.hooks.caller, &request, &fetched).await
        };
        match report.outcome {
            Ok(Ok(HookOutcome::Fetch(wanted))) => {
                fetched.extend(fetching::fetch(state, hook, (wanted, &fetched), now).await);
            }
            Ok(Ok(outcome)) => return Ok(outcome),
            Ok(Err(reason)) => return Err(Error::bad_request(reason)),
            Err(error) => return Err(failed(hook, &error)),
        }
    }
    tracing::warn!(dialect = hook.dialect, "a change hook wants to read more than {MOST_ROUNDS} times");
    Err(Error::hook_failed())
}

/// What a plugin does wrong is no error of the host, but the request is lost: who sent it is told, and the log says why.
fn failed(hook: &ChangeHook, error: &CallError) -> Error {
    let (dialect, plugin) = (&hook.dialect, &hook.plugin.name);
    tracing::warn!(dialect, plugin, %error, "a change hook failed, and its changes are not added");
    match error {
        CallError::PoolExhausted => Error::busy("too many plugins are being called: try again"),
        _ => Error::hook_failed(),
    }
}
