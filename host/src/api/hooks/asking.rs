//! Asking the plugin of a dialect what a request means, and reading for it what it wants to read first.

use super::dialects::Dialect;
use super::fetching::Reading;
use crate::api::State;
use crate::api::error::Error;
use crate::model::HookOutcome;
use crate::model::HookRequest;
use crate::model::Millis;
use crate::plugin::CallError;
use crate::plugin::ChangeHook;

/// Changes or a poke: what is to be read was read.
pub(super) async fn ask(
    state: &State,
    dialect: &Dialect,
    request: HookRequest,
    now: Millis,
) -> Result<HookOutcome, Error> {
    let hook = &*dialect.hook;
    let mut reading = Reading::new(state, dialect, now);
    loop {
        let report = {
            let _turn = state.hooks.turns().acquire().await;
            hook.changes(state.hooks.caller(), &request, reading.came()).await
        };
        match report.outcome {
            Ok(Ok(HookOutcome::Fetch(wanted))) => reading.read(wanted).await.map_err(|futile| {
                let (dialect, plugin) = (&hook.dialect, &hook.plugin.name);
                tracing::warn!(dialect, plugin, "a change hook {futile}, and its changes are not added");
                Error::hook_failed()
            })?,
            Ok(Ok(outcome)) => return Ok(outcome),
            Ok(Err(reason)) => return Err(Error::bad_request(reason)),
            Err(error) => return Err(failed(hook, &error)),
        }
    }
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
